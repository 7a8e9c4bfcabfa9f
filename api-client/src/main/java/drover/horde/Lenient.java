package drover.horde;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How single values are read: what can be taken for what the record says is taken for it, and what cannot is as if it were
 * not there. A job is not refused because of one field, and nobody waits in vain because of a message that came with it.
 */
final class Lenient {
    private Lenient() {}

    /** Makes numbers and flags be read so wherever they may be absent. */
    static SimpleModule module() {
        return new SimpleModule("drover-horde-lenient")
                .addDeserializer(Integer.class, new Whole())
                .addDeserializer(Double.class, new Decimal())
                .addDeserializer(Boolean.class, new Flag());
    }

    /**
     * A single value.
     *
     * @param <T> what it is read as
     */
    abstract static class Scalar<T> extends StdDeserializer<T> {
        private static final long serialVersionUID = 1L;

        Scalar(Class<T> type) {
            super(type);
        }

        @Override
        public final @Nullable T deserialize(JsonParser p, DeserializationContext context) throws IOException {
            JsonToken token = p.currentToken();
            if (token.isStructStart()) {
                p.skipChildren();
                return null;
            }
            return token.isScalarValue() ? of(p, token) : null;
        }

        abstract @Nullable T of(JsonParser p, JsonToken token) throws IOException;

        static @Nullable Double number(JsonParser p, JsonToken token) throws IOException {
            try {
                double number = token.isNumeric()
                        ? p.getDoubleValue()
                        : Double.parseDouble(p.getText().strip());
                return Double.isNaN(number) ? null : number;
            } catch (NumberFormatException e) {
                return null;
            }
        }
    }

    /** A whole number, cut to one; the largest or smallest there is for what is beyond that. */
    static final class Whole extends Scalar<Integer> {
        private static final long serialVersionUID = 1L;

        Whole() {
            super(Integer.class);
        }

        @Override
        @Nullable Integer of(JsonParser p, JsonToken token) throws IOException {
            Double number = number(p, token);
            return number == null ? null : (Integer) (int) (double) number;
        }
    }

    /** A number; the largest or smallest there is for what is beyond that. */
    static final class Decimal extends Scalar<Double> {
        private static final long serialVersionUID = 1L;

        Decimal() {
            super(Double.class);
        }

        @Override
        @Nullable Double of(JsonParser p, JsonToken token) throws IOException {
            Double number = number(p, token);
            return number == null ? null : (Double) Math.clamp(number, -Double.MAX_VALUE, Double.MAX_VALUE);
        }
    }

    /** Yes or no. */
    static final class Flag extends Scalar<Boolean> {
        private static final long serialVersionUID = 1L;

        Flag() {
            super(Boolean.class);
        }

        @Override
        @Nullable Boolean of(JsonParser p, JsonToken token) throws IOException {
            if (token.isBoolean()) {
                return token == JsonToken.VALUE_TRUE;
            }
            return switch (p.getText().strip().toLowerCase(Locale.ROOT)) {
                case "true", "yes", "on" -> true;
                case "false", "no", "off" -> false;
                default -> {
                    Double number = number(p, token);
                    yield number == null ? null : (Boolean) (number != 0);
                }
            };
        }
    }

    /** A text, without what cannot be written or kept again. */
    static final class Text extends Scalar<String> {
        private static final long serialVersionUID = 1L;

        Text() {
            super(String.class);
        }

        @Override
        @Nullable String of(JsonParser p, JsonToken token) throws IOException {
            return Texts.clean(p.getText());
        }
    }

    /** A picture; something that cannot be read for what is none, and nothing for an empty text. */
    static final class Source extends StdDeserializer<ImageSource> {
        private static final long serialVersionUID = 1L;
        /** No Base64. */
        private static final String UNREADABLE = "?";

        Source() {
            super(ImageSource.class);
        }

        @Override
        public @Nullable ImageSource deserialize(JsonParser p, DeserializationContext context) throws IOException {
            if (!p.hasToken(JsonToken.VALUE_STRING)) {
                p.skipChildren();
                return new ImageSource.Inline(UNREADABLE);
            }
            return p.getText().isBlank() ? null : ImageSource.of(p.getText());
        }
    }

    /**
     * An object; nothing for what is none.
     *
     * @param <T> the record that it is read as
     */
    abstract static class Entry<T> extends StdDeserializer<T> {
        private static final long serialVersionUID = 1L;

        private final Class<T> type;

        Entry(Class<T> type) {
            super(type);
            this.type = type;
        }

        @Override
        public final @Nullable T deserialize(JsonParser p, DeserializationContext context) throws IOException {
            if (!p.hasToken(JsonToken.START_OBJECT)) {
                p.skipChildren();
                return null;
            }
            return context.readValue(p, type);
        }
    }
}
