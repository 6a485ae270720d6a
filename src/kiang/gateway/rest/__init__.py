"""REST API v2: one file per resource in `resources/`, everything else serves them.

application   ASGI: route, read the body within limits, call the handler, write the answer or the problem
operation     how a handler declares itself: method, path, body, answer; routes, OpenAPI and docs come from it
body          JSON body -> typed request, faults named by their path
validation    violations of a request, all at once
problem       RFC 9457 problem documents
server        uvicorn, started inside the running event loop
"""
