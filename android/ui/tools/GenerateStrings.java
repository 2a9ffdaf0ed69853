import java.nio.file.Files;
import java.nio.file.Path;
import java.util.*;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;

/**
 * Turns res/values*&#47;strings.xml (Android's format) into Strings.kt: one property or function a text, one object a language, and a
 * pseudo-language that is 40 % longer. Fails where a language lacks a text, has one too many, or has other arguments.
 */
class GenerateStrings {
    static final Pattern ARGUMENT = Pattern.compile("%(\\d)\\$([sd])");

    record Text(String name, Map<String, String> forms) {
        boolean counted() {
            return !forms.containsKey("");
        }

        /** Types in order. */
        List<String> arguments() {
            var types = new TreeMap<Integer, String>();
            for (var form : forms.values()) {
                var match = ARGUMENT.matcher(form);
                while (match.find()) types.put(Integer.valueOf(match.group(1)), match.group(2).equals("d") ? "Int" : "String");
            }
            if (counted() && !types.containsKey(1)) types.put(1, "Int");
            return List.copyOf(types.values());
        }

        String property() {
            return Pattern.compile("_(.)").matcher(name).replaceAll(m -> m.group(1).toUpperCase(Locale.ROOT));
        }

        String signature() {
            var types = arguments();
            if (types.isEmpty()) return "val " + property() + ": String";
            var list = new StringJoiner(", ");
            for (int i = 0; i < types.size(); i++) list.add("a" + (i + 1) + ": " + types.get(i));
            return "fun " + property() + "(" + list + "): String";
        }

        String body(String language) {
            if (arguments().isEmpty()) return " = " + quote(forms.get(""));
            // French counts 0 as one, the others do not.
            var one = language.equals("fr") ? "a1 <= 1" : "a1 == 1";
            if (!counted()) return " = " + template(forms.get(""));
            return " = if (" + one + ") " + template(forms.get("one")) + " else " + template(forms.get("other"));
        }
    }

    static String quote(String text) {
        return "\"" + escape(text) + "\"";
    }

    static String template(String text) {
        return "\"" + ARGUMENT.matcher(escape(text).replace("\\$s", "$s").replace("\\$d", "$d")).replaceAll("\\${a$1}") + "\"";
    }

    static String escape(String text) {
        return text.replace("\\'", "'").replace("\\n", "\n").replace("\\", "\\\\").replace("\"", "\\\"").replace("$", "\\$").replace("\n", "\\n");
    }

    static SortedMap<String, Text> read(Path file) throws Exception {
        var texts = new TreeMap<String, Text>();
        var root = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile()).getDocumentElement();
        for (var node = root.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (!(node instanceof Element element)) continue;
            var forms = new TreeMap<String, String>();
            if (element.getTagName().equals("string")) forms.put("", element.getTextContent());
            var items = element.getElementsByTagName("item");
            for (int i = 0; i < items.getLength(); i++) {
                var item = (Element) items.item(i);
                forms.put(item.getAttribute("quantity"), item.getTextContent());
            }
            var name = element.getAttribute("name");
            if (element.getTagName().equals("plurals") && !forms.keySet().equals(Set.of("one", "other")))
                throw new IllegalStateException(file + ": " + name + " needs one and other");
            if (texts.put(name, new Text(name, forms)) != null) throw new IllegalStateException(file + ": " + name + " twice");
        }
        return texts;
    }

    /** Accents on vowels and padding in front and behind: shows text that is cut or not in the resources. */
    static Text pseudo(Text text) {
        var forms = new TreeMap<String, String>();
        text.forms().forEach((form, plain) -> {
            var out = new StringBuilder();
            Matcher match = Pattern.compile("%\\d\\$[sd]|\\\\.|.", Pattern.DOTALL).matcher(plain);
            while (match.find()) {
                int at = match.group().length() == 1 ? "aeiouAEIOU".indexOf(match.group()) : -1;
                out.append(at < 0 ? match.group() : String.valueOf("áéíóúÁÉÍÓÚ".charAt(at)));
            }
            int more = Math.max(2, (int) Math.ceil(plain.length() * 0.4)) - 2;
            forms.put(form, "[" + out + "~".repeat(Math.max(0, more)) + "]");
        });
        return new Text(text.name(), forms);
    }

    public static void main(String[] args) throws Exception {
        Path res = Path.of(args[0]), target = Path.of(args[1]).resolve("Strings.kt");
        var base = read(res.resolve("values/strings.xml"));
        var out = new StringBuilder("// Generated from res/values*/strings.xml.\n@file:Suppress(\"ktlint\")\n\npackage eu.qroc.ui\n\ninterface Strings {\n    /** BCP 47. */\n    val language: String\n");
        base.values().forEach(text -> out.append("    ").append(text.signature()).append("\n"));
        out.append("\n    /** The text of an error, by the key that the core gives it. */\n    fun error(key: String): String?\n");
        out.append("\n    /** The word of a sign that two people compare, by the key that the core gives it. */\n    fun emoji(key: String): String?\n}\n");
        var languages = new TreeMap<String, SortedMap<String, Text>>();
        try (var folders = Files.list(res)) {
            for (var folder : folders.sorted().toList()) {
                var name = folder.getFileName().toString();
                if (name.startsWith("values")) languages.put(name.equals("values") ? "en" : name.substring("values-".length()), read(folder.resolve("strings.xml")));
            }
        }
        var longer = new TreeMap<String, Text>();
        base.values().forEach(text -> longer.put(text.name(), pseudo(text)));
        languages.put("qps", longer);
        var all = new StringJoiner(", ");
        for (var entry : languages.entrySet()) {
            var language = entry.getKey();
            var texts = entry.getValue();
            if (!texts.keySet().equals(base.keySet())) {
                var difference = new TreeSet<>(base.keySet());
                difference.removeAll(texts.keySet());
                var extra = new TreeSet<>(texts.keySet());
                extra.removeAll(base.keySet());
                throw new IllegalStateException(language + " lacks " + difference + " and has too many " + extra);
            }
            var object = "Strings" + language.substring(0, 1).toUpperCase(Locale.ROOT) + language.substring(1);
            out.append("\nobject ").append(object).append(" : Strings {\n    override val language = \"").append(language).append("\"\n");
            for (var text : texts.values()) {
                if (!text.signature().equals(base.get(text.name()).signature()))
                    throw new IllegalStateException(language + ": other arguments in " + text.name());
                out.append("    override ").append(text.signature()).append(text.body(language)).append("\n");
            }
            for (var kind : List.of("error", "emoji")) {
                out.append("    override fun ").append(kind).append("(key: String): String? = when (key) {\n");
                texts.values().stream().filter(text -> text.name().startsWith(kind + "_")).forEach(text ->
                    out.append("        \"").append(text.name()).append("\" -> ").append(text.property()).append("\n"));
                out.append("        else -> null\n    }\n");
            }
            out.append("}\n");
            all.add("\"" + language + "\" to " + object);
        }
        out.append("\n/** By language; `qps` is the pseudo-language of tests. */\nval stringsByLanguage: Map<String, Strings> = mapOf(").append(all).append(")\n");
        Files.createDirectories(target.getParent());
        // Unchanged output keeps its time, so that the compiler does not start again.
        if (!Files.exists(target) || !Files.readString(target).contentEquals(out)) Files.writeString(target, out);
    }
}
