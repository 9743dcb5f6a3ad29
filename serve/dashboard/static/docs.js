// The reference at /docs: Swagger UI from this host. The token is typed into its Authorize dialog and kept in memory.
"use strict";

window.addEventListener("DOMContentLoaded", () => {
  window.SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#reference",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    persistAuthorization: false,
    validatorUrl: null, // would send the address of this API to another host
  });
});
