package drover.http;

/** Every failure that the API answers with: one stable code, one status, one title. The title says what to do. */
enum Problems {
    HTTP_MALFORMED("drover:http.malformed", 400, "The request is not well-formed HTTP; check the client"),
    URI_TOO_LONG("drover:http.uri-too-long", 414, "The address is too long; shorten it"),
    HEADERS_TOO_LARGE("drover:http.headers-too-large", 431, "The headers are too large; send less of them"),
    BODY_NOT_UTF8("drover:body.not-utf8", 400, "The body is not UTF-8; encode it as such"),
    BODY_NOT_JSON("drover:body.not-json", 400, "The body is not acceptable JSON; send exactly one JSON object"),
    BODY_TIMEOUT("drover:body.timeout", 408, "The body did not arrive in time; send it again"),
    BODY_TOO_LARGE("drover:body.too-large", 413, "The body is too large; ask for less"),
    MEDIA_TYPE("drover:body.media-type", 415, "The body has the wrong type; send application/json"),
    REQUEST_INVALID("drover:request.invalid", 422, "Some fields cannot be accepted; correct those in errors"),
    QUERY_INVALID("drover:query.invalid", 400, "The query cannot be accepted; correct the parameters in errors"),
    KEY_INVALID("drover:idempotency.invalid", 400, "The Idempotency-Key must be 1 to 255 visible ASCII characters"),
    KEY_CONFLICT(
            "drover:idempotency.conflict", 409, "This Idempotency-Key was used for another request; take a new one"),
    UNAUTHORIZED("drover:auth.required", 401, "A valid bearer token is needed; send it in the Authorization header"),
    TENANT_INVALID("drover:tenant.invalid", 400, "This tenant cannot be named; see the Drover-Tenant header"),
    ROUTE_NOT_FOUND("drover:route.not-found", 404, "There is nothing at this path; see the API's documentation"),
    METHOD_NOT_ALLOWED("drover:route.method", 405, "This path does not know the method; use one of those in Allow"),
    NOT_ACCEPTABLE("drover:route.not-acceptable", 406, "The answer has none of the types in Accept; allow its type"),
    JOB_BAD_ID("drover:job.bad-id", 400, "This is no job id; use one that the API has given out"),
    JOB_NOT_FOUND("drover:job.not-found", 404, "There is no such job; check its id"),
    JOB_ENDED("drover:job.ended", 409, "The job has come to another end; nothing can be cancelled"),
    ASSET_NOT_FOUND("drover:asset.not-found", 404, "The job has no such result, or not yet; look at its assets"),
    PREVIEW_NOT_FOUND(
            "drover:preview.not-found", 404, "There is no preview of the job now; ask again while it is painted"),
    ASSET_GONE("drover:asset.gone", 410, "The result is no longer stored; order it again"),
    TOO_MANY_JOBS("drover:jobs.too-many", 429, "As many jobs as allowed are on the way; try again later"),
    INTERNAL("drover:server.internal", 500, "Something went wrong inside Drover; its log has the details"),
    LEDGER_UNAVAILABLE("drover:ledger.unavailable", 503, "The job database is not available; try again later"),
    INPUT_NOT_STORED("drover:input.not-stored", 503, "The pictures could not be stored; try again later"),
    BUSY("drover:server.busy", 503, "Drover did not answer in time; try again later");

    private final String code;
    private final int status;
    private final String title;

    Problems(String code, int status, String title) {
        this.code = code;
        this.status = status;
        this.title = title;
    }

    String code() {
        return code;
    }

    int status() {
        return status;
    }

    String title() {
        return title;
    }
}
