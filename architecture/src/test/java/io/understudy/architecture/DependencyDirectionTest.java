package io.understudy.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.understudy.core.command.Command;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who may depend on whom, each with its reason. */
class DependencyDirectionTest {

    private static JavaClasses all = new ClassFileImporter().importPackages();

    @BeforeAll
    static void load() {
        all = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.understudy");
    }

    @Test
    void everyModuleWasLooked() {
        assertThat(all.stream()
                        .map(type -> type.getPackageName().split("\\.")[2])
                        .distinct())
                .contains(
                        "core",
                        "coordination",
                        "guard",
                        "protocol",
                        "engines",
                        "agent",
                        "router",
                        "cli",
                        "simulation",
                        "chaos");
    }

    @Test
    void coreIsPure() {
        classes()
                .that()
                .resideInAPackage("io.understudy.core..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.understudy.core..",
                        "java.lang..",
                        "java.util..",
                        "java.time..",
                        "org.jspecify.annotations..")
                .because("the decisions must run unchanged in the simulation: no I/O, no libraries")
                .check(all);
        noClasses()
                .that()
                .resideInAPackage("io.understudy.core..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.util.concurrent..", "java.util.logging..", "java.util.random..")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.Random")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.Thread")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.time.Clock")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(java.time.Instant.class, "now")
                .because("time, randomness and threads are arguments of a decision, never its own")
                .check(all);
    }

    @Test
    void onlyTheCoordinatorsRulesMakeAGrant() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("io.understudy.core.coordinator.Electing")
                .and()
                .doNotHaveFullyQualifiedName(Command.Grant.class.getName())
                .should()
                // Calls and references such as Grant::new.
                .accessTargetWhere(com.tngtech.archunit.base.DescribedPredicate.describe(
                        "a Grant is made",
                        access -> access.getTarget().getOwner().isEquivalentTo(Command.Grant.class)
                                && access.getTarget().getName().equals(JavaConstructor.CONSTRUCTOR_NAME)))
                .because("who is primary is decided in one place")
                .check(all);
    }

    @Test
    void onlyCoordinationKnowsTheConsensusLibrary() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.understudy.coordination.ratis..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.ratis..")
                .because("another consensus library may take its place")
                .check(all);
    }

    @Test
    void onlyTheRouterKnowsItsNetworkLibrary() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.understudy.router..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty..")
                .because("pipelines and buffers stay behind the router's door")
                .check(all);
        noClasses()
                .that()
                .resideInAPackage("io.understudy.router..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.understudy.coordination..",
                        "io.understudy.engines..",
                        "io.understudy.agent..",
                        "io.understudy.cli..")
                .because("the router learns the topology from the agents' word, never from the ledger")
                .check(all);
    }

    @Test
    void onlyEnginesKnowDatabasesAndStartTheirProcesses() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "io.understudy.engines..",
                        "io.understudy.cli.demo..",
                        "io.understudy.cli.local..",
                        "io.understudy.chaos..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.postgresql..", "java.sql..")
                .because(
                        "what is special about a database stays in its engine; the demonstration and chaos are clients")
                .check(all);
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "io.understudy.engines..",
                        "io.understudy.guard..",
                        "io.understudy.cli..",
                        "io.understudy.chaos..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.ProcessBuilder")
                .because("whoever starts a process must end it; agents leave that to their engine")
                .check(all);
    }

    @Test
    void theSmallModulesStaySmall() {
        classes()
                .that()
                .resideInAPackage("io.understudy.guard..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.understudy.guard..", "java..", "org.jspecify.annotations..")
                .because("the guard must start quickly, stay small and not fail for another's reasons")
                .check(all);
        classes()
                .that()
                .resideInAPackage("io.understudy.protocol..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.understudy.protocol..",
                        "java.lang..",
                        "java.util..",
                        "java.nio..",
                        "java.security..",
                        "javax.crypto..",
                        "java.text..",
                        "org.jspecify.annotations..")
                .because("messages are values: engines and router bring their own sockets")
                .check(all);
    }

    @Test
    void dependenciesPointInwards() {
        noClasses()
                .that()
                .resideInAPackage("io.understudy.coordination..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.understudy.engines..", "io.understudy.agent..", "io.understudy.cli..")
                .because("the ledger holds decisions, it does not carry them out")
                .check(all);
        noClasses()
                .that()
                .resideInAPackage("io.understudy.engines..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.understudy.coordination..", "io.understudy.agent..", "io.understudy.cli..")
                .because("an engine does what it is told and knows no ledger")
                .check(all);
        noClasses()
                .that()
                .resideInAPackage("io.understudy.agent..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.understudy.engines.postgres..", "io.understudy.guard..", "io.understudy.cli..")
                .because("the agent supervises any database through the engine's interface")
                .check(all);
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.understudy.coordination..",
                        "io.understudy.engines..",
                        "io.understudy.agent..",
                        "io.understudy.guard..",
                        "io.understudy.protocol..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.understudy.router..")
                .because("supervising a database works without a router")
                .check(all);
        noClasses()
                .that()
                .resideOutsideOfPackage("io.understudy.simulation..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.understudy.simulation..")
                .because("models never reach the product")
                .check(all);
        noClasses()
                .that()
                .resideOutsideOfPackage("io.understudy.chaos..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.understudy.chaos..")
                .because("nothing of the product knows that it is being broken")
                .check(all);
        noClasses()
                .that()
                .resideInAPackage("io.understudy.chaos..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.understudy.coordination..", "io.understudy.router..")
                .because("chaos drives whole programs and sees what their clients and their operators see")
                .check(all);
    }
}
