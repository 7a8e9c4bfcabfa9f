package drover;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import drover.inference.CborSerializable;
import java.util.List;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every message that can cross a process comes out as it went in. */
class SerializationTest {
    private static final ActorTestKit KIT = ActorTestKit.create("serialization");

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    static Stream<Class<?>> messages() {
        return new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("drover").stream()
                        .filter(c -> c.isAssignableTo(CborSerializable.class))
                        .filter(c -> !c.isInterface() && !c.getModifiers().contains(JavaModifier.ABSTRACT))
                        .filter(c -> !c.getModifiers().contains(JavaModifier.PRIVATE))
                        .map(JavaClass::reflect);
    }

    @Test
    void thereAreMessages() {
        assertThat(messages().count()).isGreaterThan(20);
    }

    @ParameterizedTest
    @MethodSource("messages")
    void comesOutAsItWentIn(Class<?> type) {
        Samples samples = new Samples(KIT.createTestProbe().ref());
        Serialization serialization = SerializationExtension.get(Adapter.toClassic(KIT.system()));
        List<Object> values = samples.of(type);
        for (Object value : values) {
            Serializer serializer = serialization.findSerializerFor(value);
            assertThat(serializer.getClass().getSimpleName()).isEqualTo("JacksonCborSerializer");
            byte[] bytes = serialization.serialize(value).get();
            Object back = serialization
                    .deserialize(
                            bytes, serializer.identifier(), value.getClass().getName())
                    .get();
            assertThat(back).isEqualTo(value);
        }
    }
}
