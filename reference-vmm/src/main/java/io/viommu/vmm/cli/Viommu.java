/*
 * Copyright 2026 the viommu authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.viommu.vmm.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.stream.Collectors;

import io.viommu.lifecycle.JvmFlag;
import io.viommu.vmm.output.StandardOutput;
import io.viommu.vmm.qtest.QtestCommand;
import io.viommu.vmm.qtest.QtestMain;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program: finds the subcommand and turns what goes wrong into one sentence and an exit status. */
@Command(name = "viommu", description = HelpTexts.VIOMMU, footer = HelpTexts.STATUS)
public final class Viommu extends TerminalCommand implements Runnable {

    static final int USAGE = 2;
    private static final int FAILED = 1;

    Viommu(final Terminal terminal) {
        super(terminal);
    }

    /**
     * Runs the program and ends the JVM with its exit status.
     *
     * @param arguments the user's.
     */
    public static void main(final String[] arguments) {
        try {
            JvmFlag.require(Viommu.class, JvmFlag.values());
        } catch (final JvmFlag.Missing refused) {
            System.err.println("viommu: " + refused.getMessage());
            System.exit(USAGE);
        }
        if (arguments.length > 0 && arguments[0].equals(QtestMain.COMMAND) && !versionAsked(arguments)) {
            // Its options are QEMU's, and a test program starts it hundreds of times: no command-line library.
            QtestMain.main(Arrays.copyOfRange(arguments, 1, arguments.length));
            return;
        }
        final StandardOutput output = StandardOutput.open();
        final Terminal terminal = Terminal.standard(output);
        final int status = run(terminal, arguments);
        System.exit(output.finish("viommu", status, terminal.err()));
    }

    /**
     * Runs the program.
     *
     * @param terminal  where it reads and prints.
     * @param arguments the user's.
     * @return the exit status.
     */
    static int run(final Terminal terminal, final String... arguments) {
        if (arguments.length > 1 && arguments[0].equals(QtestMain.COMMAND) && versionAsked(arguments)) {
            return run(terminal, "--version");
        }
        final CommandLine line = new CommandLine(new Viommu(terminal)).addSubcommand(new ReplayCommand(terminal))
                .addSubcommand(new DecodeCommand(terminal)).addSubcommand(new StatCommand(terminal))
                .addSubcommand(new VfioUserCommand(terminal))
                .addSubcommand(new RealGuestCommand(terminal)).addSubcommand(new RunCommand(terminal))
                .addSubcommand(new QtestCommand());
        line.getCommandSpec().usageMessage().synopsisSubcommandLabel("COMMAND");
        line.setOut(new PrintWriter(terminal.out(), true));
        line.setErr(new PrintWriter(terminal.err(), true));
        line.setUsageHelpAutoWidth(false);
        line.setParameterExceptionHandler((problem, given) -> refuse(terminal.err(), problem));
        line.setExecutionExceptionHandler((problem, command, result) -> fail(terminal.err(), problem));
        try {
            return line.execute(arguments);
        } catch (final OutOfMemoryError full) {
            terminal.err().println("viommu: The input has more faults than the memory holds; play it in parts.");
            return FAILED;
        }
    }

    private static boolean versionAsked(final String... arguments) {
        return Arrays.asList(arguments).contains("--version");
    }

    private static int refuse(final PrintStream err, final ParameterException problem) {
        final CommandLine command = problem.getCommandLine();
        err.println(command.getCommandName().equals("viommu")
                ? "viommu: " + sentence(problem) + " See 'viommu --help'."
                : "viommu: " + sentence(problem) + " See 'viommu " + command.getCommandName() + " --help'.");
        return USAGE;
    }

    /** A name of a file may have anything in it; what we say of it is one line, and moves no cursor. */
    private static String oneLine(final String text) {
        return text.strip().codePoints()
                .mapToObj(code -> Character.isISOControl(code) ? "\\x%02x".formatted(code) : Character.toString(code))
                .collect(Collectors.joining());
    }

    private static String sentence(final ParameterException problem) {
        final CommandLine command = problem.getCommandLine();
        if (problem instanceof UnmatchedArgumentException unmatched && !command.getSubcommands().isEmpty()
                && !unmatched.getUnmatched().getFirst().startsWith("-")) {
            return "There is no command '" + unmatched.getUnmatched().getFirst() + "'; there are: "
                    + String.join(", ", command.getSubcommands().keySet()) + ".";
        }
        final String text = oneLine(problem.getMessage() == null || problem.getMessage().isBlank()
                ? "The command line is not understood"
                : problem.getMessage());
        return text.endsWith(".") ? text : text + ".";
    }

    /** A defect or a full disk. */
    private static int fail(final PrintStream err, final Exception problem) {
        err.println("viommu: " + oneLine(problem.getMessage() == null ? problem.toString() : problem.getMessage()));
        if (System.getProperty("viommu.stacktrace") != null) {
            problem.printStackTrace(err);
        }
        return FAILED;
    }

    @Override
    public void run() {
        throw refusal("No command was given; there are: " + String.join(", ", spec().subcommands().keySet()) + ".");
    }
}
