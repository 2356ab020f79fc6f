@org.jspecify.annotations.NullMarked
package io.understudy.cli.local;
