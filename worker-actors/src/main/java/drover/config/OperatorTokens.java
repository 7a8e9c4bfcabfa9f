package drover.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import drover.setting.Secret;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** A block of operators' names with a token for each; one whose token is empty or null is left out. */
final class OperatorTokens implements Kind<Map<String, Secret>> {
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");
    /** What the audit log calls those who have no name. */
    private static final Set<String> RESERVED = Set.of("loopback", "token");

    private static final Kind<Secret> TOKEN = Kinds.secret(16);

    @Override
    public String expected() {
        return "a block of NAME = TOKEN, each name of a-z 0-9 . _ - and not loopback or token, each token "
                + TOKEN.expected() + " and used once";
    }

    @Override
    public boolean isSecret() {
        return true;
    }

    @Override
    public Map<String, Secret> read(ConfigValue value) throws Unfit {
        if (!(value instanceof ConfigObject block)) {
            throw new Unfit();
        }
        Map<String, Secret> tokens = new TreeMap<>();
        Set<Secret> distinct = new HashSet<>();
        for (Map.Entry<String, ConfigValue> entry : block.entrySet()) {
            if (!NAME.matcher(entry.getKey()).matches() || RESERVED.contains(entry.getKey())) {
                throw new Unfit();
            }
            Secret token = TOKEN.read(entry.getValue());
            if (token.isSet()) {
                if (!distinct.add(token)) {
                    throw new Unfit();
                }
                tokens.put(entry.getKey(), token);
            }
        }
        return Map.copyOf(tokens);
    }
}
