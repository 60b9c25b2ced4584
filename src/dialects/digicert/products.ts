import type { Catalogue, Level, Product } from '../../core/products.ts';
import { unknownObject } from './errors.ts';

/** How the vendor's families of products are called. */
type Group = 'ssl_certificate' | 'securesite_ssl_certificate' | 'private_ssl_certificate' | 'dv_ssl_certificate';

/** A product under the vendor's name. */
export interface VendorProduct {
  /** As in `POST /order/certificate/{name_id}`. */
  nameId: string;
  name: string;
  group: Group;
  product: Product;
}

type Row = readonly [nameId: string, productId: string, name: string, group: Group];

const TLS = 'ssl_certificate';
const SECURE = 'securesite_ssl_certificate';
const PRIVATE = 'private_ssl_certificate';
const DV = 'dv_ssl_certificate';

/** The vendor's TLS products, and what each is in the catalogue. */
const ROWS: readonly Row[] = [
  ['ssl_securesite_pro', 'ov-flex-pro', 'Secure Site Pro SSL', TLS],
  ['ssl_ev_securesite_pro', 'ev-flex-pro', 'Secure Site Pro EV SSL', TLS],
  ['ssl_securesite_flex', 'ov-flex-secure', 'Secure Site OV', SECURE],
  ['ssl_ev_securesite_flex', 'ev-flex-secure', 'Secure Site EV', SECURE],
  ['ssl_basic', 'ov-flex-basic', 'Basic OV', TLS],
  ['ssl_ev_basic', 'ev-flex-basic', 'Basic EV', TLS],
  ['ssl_plus', 'ov-single-plus', 'Standard SSL', TLS],
  ['ssl_multi_domain', 'ov-multi-plus', 'Multi-Domain SSL', TLS],
  ['ssl_wildcard', 'ov-wildcard-plus', 'WildCard Plus', TLS],
  ['ssl_ev_plus', 'ev-single-plus', 'EV SSL Plus', TLS],
  ['ssl_ev_multi_domain', 'ev-multi-plus', 'EV Multi-Domain', TLS],
  ['ssl_securesite', 'ov-single-secure', 'Secure Site SSL', SECURE],
  ['ssl_securesite_multi_domain', 'ov-multi-secure', 'Secure Site Multi-Domain SSL', SECURE],
  ['ssl_securesite_wildcard', 'ov-wildcard-secure', 'Secure Site Wildcard SSL', SECURE],
  ['ssl_ev_securesite', 'ev-single-secure', 'Secure Site EV SSL', SECURE],
  ['ssl_ev_securesite_multi_domain', 'ev-multi-secure', 'Secure Site EV Multi-Domain SSL', SECURE],
  ['private_ssl_plus', 'private-single', 'Private SSL', PRIVATE],
  ['private_ssl_multi_domain', 'private-multi', 'Private SSL Multi-Domain', PRIVATE],
  ['private_ssl_wildcard', 'private-wildcard', 'Private SSL Wildcard', PRIVATE],
  ['private_ssl_flex', 'private-flex', 'Private SSL Flex', PRIVATE],
  ['ssl_geotrust_truebizid', 'ov-flex-business', 'GeoTrust TrueBusiness ID OV', TLS],
  ['ssl_ev_geotrust_truebizid', 'ev-flex-business', 'GeoTrust TrueBusiness ID EV', TLS],
  ['ssl_thawte_webserver', 'ov-flex-webserver', 'Thawte SSL Webserver OV', TLS],
  ['ssl_ev_thawte_webserver', 'ev-flex-webserver', 'Thawte SSL Webserver EV', TLS],
  ['ssl_dv_thawte', 'dv-flex-webserver', 'Thawte SSL123 DV', DV],
  ['ssl_dv_geotrust_flex', 'dv-flex-basic', 'GeoTrust DV SSL', DV],
  ['ssl_dv_rapidssl', 'dv-single-rapid', 'RapidSSL Standard DV', DV],
  ['wildcard_dv_rapidssl', 'dv-wildcard-rapid', 'RapidSSL Wildcard DV', DV],
  ['ssl_dv_geotrust', 'dv-single-basic', 'GeoTrust Standard DV', DV],
  ['wildcard_dv_geotrust', 'dv-wildcard-basic', 'GeoTrust Wildcard DV', DV],
  ['cloud_dv_geotrust', 'dv-multi-cloud', 'GeoTrust Cloud DV', DV],
  ['ssl_dv_ee', 'dv-flex-everywhere', 'Encryption Everywhere DV', DV],
];

/** Both directions between the catalogue's ids and this vendor's names. */
export interface ProductCodes {
  /** Of a product that is no longer offered its own id stands in for the name. */
  of(productId: string): Pick<VendorProduct, 'nameId' | 'name' | 'group'> & { product: Product | null };
  /** @throws VendorError `not_found|product` */
  find(nameId: string): VendorProduct;
  all(): VendorProduct[];
}

/** What of the table the catalogue offers. */
export function productCodes(catalogue: Catalogue): ProductCodes {
  const offered = ROWS.flatMap(([nameId, productId, name, group]) => {
    const product = catalogue.get(productId);
    return product === undefined ? [] : [{ nameId, name, group, product }];
  });
  const byName = new Map(offered.map((one) => [one.nameId, one]));
  const byProduct = new Map(offered.map((one) => [one.product.id, one]));
  return {
    of: (productId) => byProduct.get(productId) ?? withdrawn(catalogue, productId),
    find(nameId) {
      const found = byName.get(nameId);
      if (found === undefined) throw unknownObject('product');
      return found;
    },
    all: () => [...offered],
  };
}

function withdrawn(catalogue: Catalogue, productId: string) {
  const row = ROWS.find(([, id]) => id === productId);
  const product = catalogue.get(productId) ?? null;
  const [nameId = productId.replaceAll('-', '_'), , name = product?.name ?? productId, group = TLS] = row ?? [];
  return { nameId, name, group, product } as const;
}

/** `validation_type` of a product, upper case. */
export function validationTypeOf({ group, product }: Pick<VendorProduct, 'group' | 'product'>): string {
  return group === PRIVATE ? 'Private SSL' : product.level;
}

/** What the vendor calls the vetting of each level. */
export const VALIDATIONS: Readonly<Record<Level, { name: string; description: string }>> = {
  DV: { name: 'DV', description: 'Domain Validation' },
  OV: { name: 'OV', description: 'Normal Organization Validation' },
  EV: { name: 'EV', description: 'Extended Organization Validation (EV)' },
};

/** `product.type` of everything that is served here. */
export const TYPE = 'ssl_certificate';
