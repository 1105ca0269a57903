// The interactive reference. Tokens stay in the page's memory: nothing is stored.
const ui = window.SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  requestSnippetsEnabled: true,
  // Who logs in or refreshes here is authorized for the other operations from then on.
  responseInterceptor(response) {
    if (response.ok && /\/auth\/(login|refresh)$/.test(new URL(response.url).pathname)) {
      ui.preauthorizeApiKey('bearerAuth', JSON.parse(response.text).access_token);
    }
    return response;
  },
});
