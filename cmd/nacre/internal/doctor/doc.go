// Package doctor finds out why a service and its Nacos do not work together. [Run] makes the checks
// one after the other and reports each as a [Finding]: what was found, the code of the problem, and
// one way to fix it. A check that needs what an earlier one found missing is skipped, and says so,
// so that one cause has one failure.
package doctor
