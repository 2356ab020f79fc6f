package io.understudy.chaos.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class MarkupTest {

    @Test
    void textAndAttributesAreEscaped() {
        assertThat(new Markup().element("p", "a<b>&\"'", "title", "\"><x y='").finish())
                .isEqualTo("<p title=\"&quot;&gt;&lt;x y=&#39;\">a&lt;b&gt;&amp;&quot;&#39;</p>");
    }

    @Test
    void whatXmlCanNotCarryIsReplaced() {
        assertThat(new Markup().text("\u0000\r\u007f\u0085\uD800\uFFFE").finish())
                .isEqualTo("\uFFFD".repeat(6));
        assertThat(new Markup().text("ä 😀\t\n").finish()).isEqualTo("ä 😀\t\n");
    }

    @Test
    void anElementLeftOpenIsFound() {
        assertThatThrownBy(() -> new Markup().open("p").open("b").close().finish())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Expected every element closed, found open: [p]");
    }

    @Test
    void anAttributeWithoutAValueIsFound() {
        assertThatThrownBy(() -> new Markup().open("p", "class"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("found class");
    }
}
