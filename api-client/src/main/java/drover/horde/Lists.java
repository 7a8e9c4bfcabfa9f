package drover.horde;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Lists as the server sends them: now and then null, or with a null in them. */
final class Lists {
    private Lists() {}

    static <T> List<T> copy(@Nullable List<T> list) {
        return list == null ? List.of() : list.stream().filter(Objects::nonNull).toList();
    }
}
