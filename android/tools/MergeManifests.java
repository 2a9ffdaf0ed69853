import java.io.File;
import java.util.HashSet;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * What Android's build does with the manifests of an app and its libraries, as far as ours need it: adds to the first one what the
 * others have, says which package it is, for which versions of Android, and fills in its id. PACKAGE LOWEST WANTED OUT MANIFEST…
 */
class MergeManifests {
    static final String ANDROID = "http://schemas.android.com/apk/res/android";

    public static void main(String[] arguments) throws Exception {
        var merged = read(arguments[4], arguments[0]);
        var root = merged.getDocumentElement();
        root.setAttribute("package", arguments[0]);
        var versions = merged.createElement("uses-sdk");
        versions.setAttributeNS(ANDROID, "android:minSdkVersion", arguments[1]);
        versions.setAttributeNS(ANDROID, "android:targetSdkVersion", arguments[2]);
        root.insertBefore(versions, root.getFirstChild());
        var known = new HashSet<String>();
        for (var child = root.getFirstChild(); child != null; child = child.getNextSibling()) known.add(key(child));
        for (int i = 5; i < arguments.length; i++) {
            var other = read(arguments[i], arguments[0]).getDocumentElement();
            for (var child = other.getFirstChild(); child != null; child = child.getNextSibling()) {
                if (!(child instanceof Element element)) continue;
                if (element.getTagName().equals("application")) {
                    var application = (Element) root.getElementsByTagName("application").item(0);
                    for (var part = element.getFirstChild(); part != null; part = part.getNextSibling()) {
                        if (part instanceof Element) application.appendChild(merged.importNode(part, true));
                    }
                } else if (known.add(key(element))) {
                    root.insertBefore(merged.importNode(element, true), root.getFirstChild());
                }
            }
        }
        var out = new File(arguments[3]);
        out.getParentFile().mkdirs();
        var writer = TransformerFactory.newInstance().newTransformer();
        writer.setOutputProperty(OutputKeys.ENCODING, "utf-8");
        writer.transform(new DOMSource(merged), new StreamResult(out));
    }

    static String key(Node node) {
        if (!(node instanceof Element element)) return "";
        var name = element.getAttributeNS(ANDROID, "name");
        return element.getTagName() + " " + (name.isEmpty() ? element.getTextContent() + element.getElementsByTagName("action").getLength() : name);
    }

    static Document read(String file, String id) throws Exception {
        var factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        var document = factory.newDocumentBuilder().parse(new File(file));
        fill(document.getDocumentElement(), id);
        return document;
    }

    static void fill(Element element, String id) {
        var attributes = element.getAttributes();
        for (int i = 0; i < attributes.getLength(); i++) {
            var attribute = attributes.item(i);
            attribute.setNodeValue(attribute.getNodeValue().replace("${applicationId}", id));
        }
        for (var child = element.getFirstChild(); child != null; child = child.getNextSibling()) {
            if (child instanceof Element inner) fill(inner, id);
        }
    }
}
