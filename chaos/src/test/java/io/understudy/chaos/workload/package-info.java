@org.jspecify.annotations.NullMarked
package io.understudy.chaos.workload;
