import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs the main methods of Apache Kafka's tools one after the other in one JVM, because starting one for each costs more than
 * the tools themselves. A call is a line: the class and its arguments, each in base64, separated by blanks. An answer is a line
 * {@code exit-code size-of-output size-of-errors} and the two outputs.
 */
public final class ToolServer {
    private ToolServer() {}

    /** Ends the tool where its process would have ended. */
    private static final class ToolExit extends Error {
        private ToolExit() {
            super("the tool has ended", null, false, false);
        }
    }

    /** The code of the first exit: some tools catch everything, our error too, and then exit again. */
    private static Integer exitCode;

    private static synchronized void exit(int code, String message) {
        if (exitCode == null) {
            exitCode = code;
            if (message != null) System.err.println(message);
        }
        throw new ToolExit();
    }

    public static void main(String[] arguments) throws IOException {
        PrintStream answers = System.out;
        PrintStream ownErrors = System.err;
        BufferedReader calls = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        Exit.setExitProcedure(ToolServer::exit);
        Exit.setHaltProcedure(ToolServer::exit);
        for (String call = calls.readLine(); call != null; call = calls.readLine()) {
            String[] words = Arrays.stream(call.split(" "))
                .map(word -> new String(Base64.getDecoder().decode(word.substring(1)), StandardCharsets.UTF_8))
                .toArray(String[]::new);
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            ByteArrayOutputStream errors = new ByteArrayOutputStream();
            System.setOut(new PrintStream(output, true));
            System.setErr(new PrintStream(errors, true));
            int code = run(words[0], Arrays.copyOfRange(words, 1, words.length));
            System.out.flush();
            System.err.flush();
            System.setOut(answers);
            System.setErr(ownErrors);
            answers.print(code + " " + output.size() + " " + errors.size() + "\n");
            output.writeTo(answers);
            errors.writeTo(answers);
            answers.flush();
        }
    }

    /** The exit code that the tool would have ended its process with. */
    private static int run(String tool, String[] arguments) {
        exitCode = null;
        try {
            Class.forName(tool).getMethod("main", String[].class).invoke(null, (Object) arguments);
            return exitCode == null ? 0 : exitCode;
        } catch (InvocationTargetException wrapped) {
            if (exitCode != null) return exitCode;
            wrapped.getCause().printStackTrace();
            return 1;
        } catch (ReflectiveOperationException exception) {
            exception.printStackTrace();
            return 127;
        }
    }
}
