package io.understudy.chaos.report;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** A page as its elements, read by a strict parser. */
final class Pages {

    private Pages() {}

    static Document parsed(String page) throws Exception {
        var builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
        builder.setErrorHandler(null);
        return builder.parse(new InputSource(new StringReader(page)));
    }

    static List<Element> elements(Document page, String name) {
        NodeList found = page.getElementsByTagName(name);
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < found.getLength(); i++) {
            elements.add((Element) found.item(i));
        }
        return elements;
    }

    static List<Element> ofClass(Document page, String name) {
        return elements(page, "*").stream()
                .filter(element ->
                        List.of(element.getAttribute("class").split(" ")).contains(name))
                .toList();
    }

    static Element byId(Document page, String id) {
        List<Element> found = elements(page, "*").stream()
                .filter(element -> element.getAttribute("id").equals(id))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError("Expected one element with the id " + id + ", found " + found.size());
        }
        return found.getFirst();
    }
}
