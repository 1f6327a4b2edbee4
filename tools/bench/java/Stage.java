import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/** How the benchmark's clients talk with its harness; see agents/stage.ts. */
final class Stage {
    private static final BufferedReader INPUT = new BufferedReader(new InputStreamReader(System.in));

    private final Map<String, String> values = new HashMap<>();

    Stage(String[] words) {
        for (String word : words) {
            int end = word.indexOf('=');
            values.put(word.substring(0, end), word.substring(end + 1));
        }
    }

    String text(String name) {
        String value = values.get(name);
        if (value == null) throw new IllegalArgumentException(name + "= is missing");
        return value;
    }

    long number(String name) {
        return Long.parseLong(text(name));
    }

    Properties clientSettings() {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", text("address"));
        return settings;
    }

    static void untilTurn() throws IOException {
        System.out.println("ready");
        INPUT.readLine();
    }

    static void finish(String json) throws IOException {
        System.out.println(json);
        while (INPUT.readLine() != null) continue;
        // The client's threads are not asked to end: nothing is measured any more.
        Runtime.getRuntime().halt(0);
    }
}
