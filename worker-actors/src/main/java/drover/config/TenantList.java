package drover.config;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import drover.http.TenantToken;
import drover.job.Tenant;
import drover.setting.Secret;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tenants, each with its token and its weight: {@code [{ name = shop, token = "…", weight = 2 }]}. */
final class TenantList implements Kind<List<TenantToken>> {
    private static final Set<String> KEYS = Set.of("name", "token", "weight");
    private static final Kind<Secret> TOKEN = Kinds.secret(16);
    private static final double MAX_WEIGHT = 1_000_000;

    @Override
    public String expected() {
        return "a list of { name = NAME, token = TOKEN, weight = NUMBER }: each name once, of a-z 0-9 . _ - and at most 64"
                + " characters; each token once, " + TOKEN.expected().replaceFirst("^empty, or ", "")
                + "; the weight may be left out, else it is more than 0 and at most 1000000";
    }

    @Override
    public boolean isSecret() {
        return true;
    }

    @Override
    public List<TenantToken> read(ConfigValue value) throws Unfit {
        if (!(value instanceof ConfigList list)) {
            throw new Unfit();
        }
        List<TenantToken> tenants = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (ConfigValue each : list) {
            if (!(each instanceof ConfigObject object) || !KEYS.containsAll(object.keySet())) {
                throw new Unfit();
            }
            TenantToken tenant = tenant(object);
            if (!seen.add("name " + tenant.tenant()) || !seen.add("token " + tenant.token())) {
                throw new Unfit();
            }
            tenants.add(tenant);
        }
        return List.copyOf(tenants);
    }

    private static TenantToken tenant(ConfigObject object) throws Unfit {
        ConfigValue name = object.get("name");
        ConfigValue token = object.get("token");
        if (name == null || token == null || !Tenant.isName(String.valueOf(name.unwrapped()))) {
            throw new Unfit();
        }
        Secret secret = TOKEN.read(token);
        if (!secret.isSet()) {
            throw new Unfit();
        }
        return new TenantToken(
                new Tenant(String.valueOf(name.unwrapped())), weight(object.get("weight")), secret.reveal());
    }

    private static double weight(@Nullable ConfigValue value) throws Unfit {
        if (value == null) {
            return 1;
        }
        if (value.valueType() != ConfigValueType.NUMBER || !(value.unwrapped() instanceof Number number)) {
            throw new Unfit();
        }
        double weight = number.doubleValue();
        if (!(weight > 0) || weight > MAX_WEIGHT) {
            throw new Unfit();
        }
        return weight;
    }
}
