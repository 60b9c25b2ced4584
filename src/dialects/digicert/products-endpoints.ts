import { z } from 'zod';
import type { Product } from '../../core/products.ts';
import { seesContainer } from '../../core/scope.ts';
import { issuingCas, type CaCert } from './ca-certs.ts';
import { read, type Answer, type Call } from './endpoint.ts';
import { readId } from './list-query.ts';
import { settingsOf } from './place-order.ts';
import { signatureHashes } from './profile.ts';
import { TYPE, validationTypeOf, type VendorProduct } from './products.ts';
import { serverPlatforms } from './server-platforms.ts';
import type { World } from './world.ts';

const hashTypes = z.strictObject({
  allowed_hash_types: z.array(z.strictObject({ id: z.string(), name: z.string() })),
  default_hash_type_id: z.string(),
});
const caCerts = z.array(z.strictObject({ id: z.string(), name: z.string() }));
const years = z.array(z.int());

const shared = {
  group_name: z.string(),
  name_id: z.string(),
  name: z.string(),
  type: z.string(),
  allowed_validity_years: years,
  allowed_order_validity_years: years,
  signature_hash_types: hashTypes,
  allowed_ca_certs: caCerts.optional(),
  csr_required: z.boolean(),
};

const listedProduct = z.strictObject({ ...shared, allowed_container_ids: z.array(z.int()) });

const productInfo = z.strictObject({
  ...shared,
  validation_type: z.string(),
  duplicates_allowed: z.boolean(),
  custom_order_expiration_date_allowed: z.boolean(),
  custom_expiration_date_allowed: z.boolean(),
  additional_dns_names_allowed: z.boolean(),
  increased_compatibility_allowed: z.boolean(),
  allow_auto_renew: z.boolean(),
  allow_auto_reissue: z.boolean(),
  server_platforms: z.array(
    z.strictObject({ id: z.int(), name: z.string(), install_url: z.string(), csr_url: z.string() }),
  ),
  license_agreement: z.string(),
});

const productLimit = z.strictObject({
  product_name_id: z.string(),
  product_name: z.string(),
  product_type: z.string(),
  allowed_lifetimes: years,
  allowed_order_lifetimes: years,
  allowed_ca_certs: caCerts,
  allowed_san_count: z.int(),
});

/** What products look like depends on the account and its containers. */
interface Shop {
  multiYear: boolean;
  /** Null where the account may not choose. */
  caCerts: CaCert[] | null;
  containerIds: number[];
}

const CONTAINER = { container_id: 'Division of the account; all see the same products' };

export const listProducts = read({
  path: '/product',
  summary: 'List products',
  query: CONTAINER,
  answers: { 200: z.strictObject({ products: z.array(listedProduct) }) },
  async handle(world, call): Promise<Answer> {
    const shop = await readShop(world, call);
    const products = world.products
      .all()
      .map((one) => ({ ...sharedMembers(world, one, shop), allowed_container_ids: shop.containerIds }));
    return { status: 200, json: { products } };
  },
});

export const listProductLimits = read({
  path: '/product/limits',
  summary: 'What the account may order of each product',
  query: CONTAINER,
  answers: { 200: z.strictObject({ product_limits: z.array(productLimit) }) },
  async handle(world, call): Promise<Answer> {
    const shop = await readShop(world, call);
    const caCertsOf = await issuingCas(world);
    const limits = world.products.all().map(({ nameId, name, product }) => ({
      product_name_id: nameId,
      product_name: name,
      product_type: TYPE,
      allowed_lifetimes: [1],
      allowed_order_lifetimes: orderYears(product, shop),
      allowed_ca_certs: caCertsOf,
      allowed_san_count: product.maxNames,
    }));
    return { status: 200, json: { product_limits: limits } };
  },
});

export const getProduct = read({
  path: '/product/:product',
  summary: 'What can be ordered as one product',
  query: CONTAINER,
  answers: { 200: productInfo },
  async handle(world, call): Promise<Answer> {
    const found = world.products.find(call.params['product'] ?? '');
    const { product } = found;
    const json: z.infer<typeof productInfo> = {
      ...sharedMembers(world, found, await readShop(world, call)),
      validation_type: validationTypeOf(found),
      duplicates_allowed: product.reissuable,
      custom_order_expiration_date_allowed: true,
      custom_expiration_date_allowed: true,
      additional_dns_names_allowed: product.names === 'multi',
      increased_compatibility_allowed: false,
      allow_auto_renew: true,
      allow_auto_reissue: product.reissuable,
      server_platforms: serverPlatforms(),
      license_agreement: '',
    };
    return { status: 200, json };
  },
});

async function readShop(world: World, { actor, query }: Call): Promise<Shop> {
  const { store } = world.context;
  const settings = await settingsOf(world, actor);
  const wanted = readId(query, 'container_id');
  const containers = await store.find('containers', { accountId: actor.accountId, state: 'active' });
  return {
    multiYear: settings.multiYear,
    caCerts: settings.issuerChoice ? await issuingCas(world) : null,
    containerIds: containers
      .map(({ id }) => id)
      .filter((id) => (wanted === undefined || id === wanted) && seesContainer(actor, { containerId: id })),
  };
}

function orderYears({ periods }: Product, { multiYear }: Shop): number[] {
  const most = multiYear ? 3 : 1;
  return periods.map((months) => months / 12).filter((term) => Number.isInteger(term) && term <= most);
}

function hashTypesOf(world: World, product: Product) {
  const hashes = signatureHashes(world, product);
  const allowed = hashes.map((id) => ({ id, name: id.toUpperCase().replace('SHA', 'SHA-') }));
  return { allowed_hash_types: allowed, default_hash_type_id: 'sha256' };
}

function sharedMembers(world: World, { group, nameId, name, product }: VendorProduct, shop: Shop) {
  return {
    group_name: group,
    name_id: nameId,
    name,
    type: TYPE,
    allowed_validity_years: [1],
    allowed_order_validity_years: orderYears(product, shop),
    signature_hash_types: hashTypesOf(world, product),
    ...(shop.caCerts === null ? {} : { allowed_ca_certs: shop.caCerts }),
    csr_required: true,
  };
}
