// Package testrun decides how much a run of the tests does, and how many tests wait at the same
// time. Only tests import it.
//
// # Full and reduced runs
//
// Some tests repeat one thing until a rare fault would show: 60 changes of a file, 200 changes in a
// second, gigabytes over loopback. By default they repeat it a few times, which finds what always
// fails. With NACRE_FULL=1 in the environment they do all of it, and the bounds of time that a busy
// machine breaks are checked too. The test and race steps of .ci/run set it.
//
// # Tests that wait
//
// go test runs as many parallel tests of a package as there are processors. Tests that wait for
// sockets and timers then queue while the processors are idle. A package of such tests calls
// [AtOnce] in its TestMain.
//
// # Tests that compute
//
// A test that bounds how long a computation takes measures [CPU], and is not parallel: time on the
// wall depends on what else the machine does.
package testrun
