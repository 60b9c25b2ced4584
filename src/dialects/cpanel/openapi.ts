/** OpenAPI 3.1 document of what is served. */
export function openApi(): Record<string, unknown> {
  return {
    openapi: '3.1.0',
    info: { title: 'cPanel UAPI as served by Chancery', version: '11.138' },
    paths: {},
  };
}
