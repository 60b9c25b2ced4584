import type { Answer, Call } from '../call.ts';
import { identityFields } from './identity-fields.ts';
import { type Sold, soldProducts, units } from './products.ts';

const ICON = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#14532d" d="M12 2 4 5v6c0 5 3.4 9.7 8 11 ' +
    '4.6-1.3 8-6 8-11V5l-8-3zm-1.2 14-3.6-3.6 1.4-1.4 2.2 2.2 4.8-4.8 1.4 1.4-6.2 6.2z"/></svg>',
).toString('base64');

const DESCRIPTIONS = {
  DV: 'A certificate for names that you control.',
  OV: 'A certificate that names your organization, which is vetted first.',
  EV: 'A certificate that names your organization, which is vetted by the rules for extended validation.',
} as const;

/** Seconds before its end from which a certificate is to be replaced. */
const WARN_AFTER = 604_800;

/** `Market::get_all_products` */
export async function getAllProducts(call: Call): Promise<Answer> {
  return { data: soldProducts(call).map((sold) => productView(call, sold)) };
}

function productView({ world }: Call, { id, product, price, currency }: Sold): Record<string, unknown> {
  const { level } = product;
  const each = units(price.extraName);
  const wildcard = units(price.extraWildcard);
  const fields = identityFields(level);
  return {
    base_name: '',
    billing_type: 'one-time',
    description: DESCRIPTIONS[level],
    display_name: product.name,
    enabled: 1,
    icon: ICON,
    icon_mime_type: 'image/svg+xml',
    license_term: 0,
    max_users: null,
    maximum_server_price: null,
    minimum_server_price: null,
    price: each,
    price_unit: currency,
    product: product.id,
    product_category: 'N/A',
    product_group: 'ssl_certificate',
    product_id: id,
    provider_display_name: world.shop.displayName,
    provider_name: world.shop.provider,
    recommended: level === 'DV' ? 1 : 0,
    requires_ip: 0,
    x_certificate_term: [1, 'year'],
    ...(fields.length === 0 ? {} : { x_identity_verification: fields }),
    x_max_http_redirects: 0,
    x_payment_trigger: 'checkout',
    x_price_per_domain: each,
    x_price_per_domain_maximum: each,
    x_price_per_domain_minimum: each,
    ...(product.wildcardsAllowed
      ? {
          x_price_per_wildcard_domain: wildcard,
          x_price_per_wildcard_domain_maximum: wildcard,
          x_price_per_wildcard_domain_minimum: wildcard,
        }
      : {}),
    x_ssl_per_domain_pricing: 1,
    x_supports_dns_dcv: 1,
    x_validation_type: level.toLowerCase(),
    x_warn_after: WARN_AFTER,
    x_wildcard_parent_domain_free: product.wildcardsAllowed && product.includesBase ? 1 : 0,
  };
}
