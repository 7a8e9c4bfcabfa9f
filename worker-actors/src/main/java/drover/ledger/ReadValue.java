package drover.ledger;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import drover.job.Job;
import drover.watchdog.Incident;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * What was read, on its way to another process: {@code T} alone does not say there what it is. One job or none, jobs,
 * or incidents.
 */
final class ReadValue {
    private ReadValue() {}

    /** The value as it travels; one of the three is there. */
    private record Carried(Optional<Job> job, Optional<List<Job>> jobs, Optional<List<Incident>> incidents) {
        private static Carried of(Object value) {
            return switch (value) {
                case Optional<?> found -> new Carried(found.map(Job.class::cast), Optional.empty(), Optional.empty());
                case List<?> found
                when !found.isEmpty() && found.getFirst() instanceof Incident ->
                    new Carried(
                            Optional.empty(),
                            Optional.empty(),
                            Optional.of(found.stream().map(Incident.class::cast).toList()));
                case List<?> found ->
                    new Carried(
                            Optional.empty(),
                            Optional.of(found.stream().map(Job.class::cast).toList()),
                            Optional.empty());
                default -> throw new IllegalArgumentException("not what a ledger reads: " + value);
            };
        }

        private Object value() {
            if (jobs.isPresent()) {
                return jobs.get();
            }
            return incidents.isPresent() ? incidents.get() : job;
        }
    }

    static final class Writer extends JsonSerializer<Object> {
        @Override
        public void serialize(Object value, JsonGenerator to, SerializerProvider all) throws IOException {
            all.defaultSerializeValue(Carried.of(value), to);
        }
    }

    static final class Reader extends JsonDeserializer<Object> {
        @Override
        public Object deserialize(JsonParser from, DeserializationContext all) throws IOException {
            return all.readValue(from, Carried.class).value();
        }
    }
}
