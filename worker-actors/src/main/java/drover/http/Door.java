package drover.http;

import drover.job.Tenant;
import java.util.List;
import java.util.Optional;

/**
 * Who is let in, and as which tenant. If tenants have tokens, a caller's token says whose jobs it orders, and the common
 * token stands for the default tenant. If they have none, callers may name their tenant themselves.
 */
final class Door {
    private final BearerToken common;
    private final boolean commonIsSet;
    private final List<Guest> guests;

    private record Guest(Tenant tenant, BearerToken token) {}

    Door(HttpSettings settings) {
        this.common = new BearerToken(settings.token());
        this.commonIsSet = settings.token().isPresent();
        this.guests = settings.tenants().stream()
                .map(t -> new Guest(t.tenant(), new BearerToken(Optional.of(t.token()))))
                .toList();
    }

    /**
     * The tenant of a request.
     *
     * @param authorization its {@code Authorization} header
     * @param named the tenant that it names itself, in {@code Drover-Tenant}
     * @throws ProblemException if it is not let in, or must not name this tenant
     */
    Tenant admit(Optional<String> authorization, Optional<String> named) {
        if (guests.isEmpty()) {
            requireToken(common.admits(authorization), authorization);
            return named.map(Door::tenant).orElse(Tenant.DEFAULT);
        }
        Optional<Tenant> known = commonIsSet && common.admits(authorization)
                ? Optional.of(Tenant.DEFAULT)
                : guests.stream()
                        .filter(guest -> guest.token().admits(authorization))
                        .map(Guest::tenant)
                        .findFirst();
        requireToken(known.isPresent(), authorization);
        Tenant tenant = known.orElseThrow();
        if (named.filter(name -> !name.equals(tenant.name())).isPresent()) {
            throw ProblemException.of(
                    Problems.TENANT_INVALID, "the token belongs to tenant " + tenant + "; leave Drover-Tenant out");
        }
        return tenant;
    }

    private static void requireToken(boolean admitted, Optional<String> authorization) {
        if (!admitted) {
            throw ProblemException.of(
                    Problems.UNAUTHORIZED, authorization.isPresent() ? "the token is not valid" : "no token was sent");
        }
    }

    private static Tenant tenant(String name) {
        if (!Tenant.isName(name)) {
            throw ProblemException.of(
                    Problems.TENANT_INVALID,
                    "Drover-Tenant must be 1 to 64 of a-z 0-9 . _ - and begin with a letter or a digit");
        }
        return new Tenant(name);
    }
}
