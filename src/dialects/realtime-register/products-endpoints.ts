import * as answers from './answers.ts';
import { read } from './endpoint.ts';
import { LIST_PARAMETERS } from './list-query.ts';
import { memoryListAnswer } from './lists.ts';
import { renderProduct } from './products.ts';
import { pick, readFields } from './query.ts';

const FILTERS = [
  'product',
  'brand',
  'name',
  'validationType',
  'certificateType',
  'features',
  'periods',
  'warranty',
  'issueTime',
  'renewalWindow',
  'includedDomains',
  'maxDomains',
];

export const listProducts = read({
  path: '/v2/ssl/products',
  summary: 'List products',
  query: LIST_PARAMETERS,
  answers: { 200: answers.page(answers.product) },
  async handle(world, { query }) {
    const products = world.products.all().map((product) => renderProduct(product, world.products));
    return memoryListAnswer(products, FILTERS, 'product', query);
  },
});

export const getProduct = read({
  path: '/v2/ssl/products/:product',
  summary: 'Get a product',
  query: { fields: 'Members wanted, as a comma list or repeated' },
  answers: { 200: answers.product },
  async handle(world, { params, query }) {
    const product = world.products.productOf(params['product'] ?? '');
    return { status: 200, json: pick(renderProduct(product, world.products), readFields(query), 'product') };
  },
});
