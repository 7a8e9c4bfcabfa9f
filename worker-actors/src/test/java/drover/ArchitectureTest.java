package drover;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.apache.pekko.actor.typed.Behavior;

/** The rooms of the house and the doors between them. */
@AnalyzeClasses(packages = "drover", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    private static final String[] INFERENCE = {
        "drover.inference..",
        "drover.graph..",
        "drover.weights..",
        "drover.diffusion..",
        "drover.sampling..",
        "drover.picture..",
        "drover.safety..",
        "drover.upscale..",
        "drover.speed..",
        "drover.golden.."
    };
    private static final String[] CLIENT = {"drover.client..", "drover.horde.."};

    @ArchTest
    static final ArchRule packagesAreFreeOfCycles =
            slices().matching("drover.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule inferenceKnowsNothingOfTheRuntime = noClasses()
            .that()
            .resideInAnyPackage(INFERENCE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "drover.job..",
                    "drover.board..",
                    "drover.ledger..",
                    "drover.watchdog..",
                    "drover.node..",
                    "drover.http..",
                    "drover.client..",
                    "drover.cli..");

    @ArchTest
    static final ArchRule clientsKnowOnlyThemselves = noClasses()
            .that()
            .resideInAnyPackage(CLIENT)
            .should()
            .dependOnClassesThat(com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage("drover..")
                    .and(com.tngtech.archunit.base.DescribedPredicate.not(
                            com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage(CLIENT))));

    @ArchTest
    static final ArchRule onlyModelsTouchLibtorch = noClasses()
            .that()
            .resideOutsideOfPackages(INFERENCE)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("ai.djl..");

    @ArchTest
    static final ArchRule onlyTheConfigurationReadsHocon = noClasses()
            .that()
            .resideInAnyPackage(
                    "drover.job..",
                    "drover.board..",
                    "drover.ledger..",
                    "drover.delivery..",
                    "drover.watchdog..",
                    "drover.inference..",
                    "drover.graph..",
                    "drover.weights..",
                    "drover.diffusion..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.typesafe.config..");

    @ArchTest
    static final ArchRule decisionsArePlainCode = noClasses()
            .that()
            .resideInAPackage("drover.board..")
            .or()
            .resideInAPackage("drover.source.appetite..")
            .or()
            .haveFullyQualifiedName("drover.watchdog.LearnedTimeouts")
            .or()
            .haveFullyQualifiedName("drover.watchdog.DeadlineTable")
            .or()
            .haveFullyQualifiedName("drover.watchdog.Ladder")
            .or()
            .haveFullyQualifiedName("drover.watchdog.Quarantine")
            .or()
            .haveFullyQualifiedName("drover.job.Job")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.pekko.stream..")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(java.time.Instant.class, "now");

    @ArchTest
    static final ArchRule simulatedTimeIsTheOnlyTime = noClasses()
            .that()
            .resideInAPackage("drover.simulation..")
            .and()
            .doNotHaveSimpleName("Search") // It says how long a search took.
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(java.time.Instant.class, "now");

    @ArchTest
    static final ArchRule nothingIsStaticAndMutable = fields().that()
            .areStatic()
            .and()
            .areDeclaredInClassesThat()
            .resideOutsideOfPackage("..jmh_generated..")
            .should()
            .beFinal();

    @ArchTest
    static final ArchRule behavioursAreMadeByStaticMethods = methods()
            .that()
            .haveRawReturnType(Behavior.class)
            .and()
            .arePublic()
            .should()
            .beStatic();

    @ArchTest
    static final ArchRule nobodySleeps = noClasses()
            .that()
            .resideOutsideOfPackage("drover.inference.fault..") // Acting out a hang is that package's job.
            .should()
            .callMethod(Thread.class, "sleep", long.class)
            .orShould()
            .callMethod(Thread.class, "sleep", java.time.Duration.class);

    @ArchTest
    static final ArchRule everyPackageSaysWhatLivesThere = classes()
            .that()
            .haveSimpleName("package-info")
            .should()
            .beAnnotatedWith(org.jspecify.annotations.NullMarked.class);
}
