/** What the verbs print for people: text from the API's records, no I/O. */
@NullMarked
package io.understudy.cli.view;

import org.jspecify.annotations.NullMarked;
