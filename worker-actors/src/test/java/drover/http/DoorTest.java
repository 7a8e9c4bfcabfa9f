package drover.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import drover.job.Tenant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DoorTest {
    private static final String COMMON = "0123456789abcdef";
    private static final String SHOP = "shop-shop-shop-shop";
    private static final TenantToken TENANT = new TenantToken(new Tenant("shop"), 2, SHOP);

    @Test
    void withoutTokensForTenantsACallerMayNameItsTenant() {
        Door open = door(Optional.empty(), List.of());
        assertThat(open.admit(Optional.empty(), Optional.empty())).isEqualTo(Tenant.DEFAULT);
        assertThat(open.admit(Optional.empty(), Optional.of("lab"))).isEqualTo(new Tenant("lab"));

        Door guarded = door(Optional.of(COMMON), List.of());
        assertThat(guarded.admit(bearer(COMMON), Optional.of("lab"))).isEqualTo(new Tenant("lab"));
        refused(() -> guarded.admit(bearer(SHOP), Optional.of("lab")), Problems.UNAUTHORIZED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "No", "a b", "../x"})
    void aTenantsNameIsChecked(String name) {
        refused(
                () -> door(Optional.empty(), List.of()).admit(Optional.empty(), Optional.of(name)),
                Problems.TENANT_INVALID);
    }

    @Test
    void aTokenSaysWhoseJobsItOrders() {
        Door door = door(Optional.of(COMMON), List.of(TENANT));
        assertThat(door.admit(bearer(SHOP), Optional.empty())).isEqualTo(new Tenant("shop"));
        assertThat(door.admit(bearer(SHOP), Optional.of("shop"))).isEqualTo(new Tenant("shop"));
        assertThat(door.admit(bearer(COMMON), Optional.empty())).isEqualTo(Tenant.DEFAULT);
        refused(() -> door.admit(bearer(SHOP), Optional.of("lab")), Problems.TENANT_INVALID);
        refused(() -> door.admit(bearer(SHOP + "x"), Optional.empty()), Problems.UNAUTHORIZED);
        refused(() -> door.admit(Optional.empty(), Optional.of("shop")), Problems.UNAUTHORIZED);
    }

    @Test
    void withOnlyTenantsTokensNobodyComesInWithoutOne() {
        refused(
                () -> door(Optional.empty(), List.of(TENANT)).admit(Optional.empty(), Optional.empty()),
                Problems.UNAUTHORIZED);
    }

    @Test
    void noTokenIsEverPrinted() {
        assertThat(TENANT.toString()).doesNotContain(SHOP);
        assertThat(settings(Optional.of(COMMON), List.of(TENANT)).toString()).doesNotContain(SHOP, COMMON);
    }

    private static void refused(Runnable what, Problems how) {
        assertThatThrownBy(what::run)
                .isInstanceOfSatisfying(
                        ProblemException.class, e -> assertThat(e.problem()).isEqualTo(how));
    }

    private static Optional<String> bearer(String token) {
        return Optional.of("Bearer " + token);
    }

    private static Door door(Optional<String> token, List<TenantToken> tenants) {
        return new Door(settings(token, tenants));
    }

    private static HttpSettings settings(Optional<String> token, List<TenantToken> tenants) {
        HttpSettings d = HttpSettings.onLoopback(0);
        return new HttpSettings(
                d.host(),
                0,
                token,
                tenants,
                d.maxBody(),
                d.limits(),
                d.answerTimeout(),
                d.keepAlive(),
                d.eventBuffer());
    }
}
