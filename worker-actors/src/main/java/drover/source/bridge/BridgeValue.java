package drover.source.bridge;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A value as it was written, before anybody has asked what it should be. */
sealed interface BridgeValue {

    /** As a message may repeat it; cut short. */
    String shown();

    /** One word or number. */
    record Text(String text) implements BridgeValue {
        private static final int LONGEST = 60;

        @Override
        public String shown() {
            String plain = text.strip().replaceAll("\\s+", " ");
            return plain.length() <= LONGEST ? plain : plain.substring(0, LONGEST) + "…";
        }
    }

    /** Nothing: a key without a value, or {@code null}. */
    record Empty() implements BridgeValue {
        @Override
        public String shown() {
            return "nothing";
        }
    }

    /** A list. */
    record Items(List<BridgeValue> items) implements BridgeValue {
        private static final int SHOWN = 5;

        public Items {
            items = List.copyOf(items);
        }

        @Override
        public String shown() {
            return items.stream().limit(SHOWN).map(BridgeValue::shown).collect(Collectors.joining(", ", "[", ""))
                    + (items.size() > SHOWN ? ", …]" : "]");
        }
    }

    /** Keys with values, in no order. */
    record Block(Map<String, BridgeValue> values) implements BridgeValue {
        public Block {
            values = Map.copyOf(values);
        }

        @Override
        public String shown() {
            return "a block with " + values.keySet().stream().sorted().collect(Collectors.joining(", "));
        }
    }
}
