package drover.http;

import drover.job.Tenant;

/**
 * A caller's token that says whose jobs its requests are.
 *
 * @param tenant the tenant
 * @param weight its share of the nodes against other tenants', more than zero
 * @param token at least {@value HttpSettings#MIN_TOKEN} characters; never printed
 */
public record TenantToken(Tenant tenant, double weight, String token) {
    public TenantToken {
        if (!(weight > 0) || Double.isInfinite(weight)) {
            throw new IllegalArgumentException(
                    "the weight of tenant " + tenant + " must be more than 0, but was " + weight);
        }
        if (token.strip().length() < HttpSettings.MIN_TOKEN) {
            throw new IllegalArgumentException(
                    "the token of tenant " + tenant + " must have at least " + HttpSettings.MIN_TOKEN + " characters");
        }
    }

    /** Without the token. */
    @Override
    public String toString() {
        return "TenantToken[" + tenant + ", weight " + weight + "]";
    }
}
