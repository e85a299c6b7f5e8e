package testrun

import (
	"flag"
	"os"
	"strconv"
)

// Full reports whether NACRE_FULL=1 is in the environment.
func Full() bool { return os.Getenv("NACRE_FULL") == "1" }

// Count returns full in a full run, and reduced otherwise.
func Count(full, reduced int) int {
	if Full() {
		return full
	}
	return reduced
}

// CountSequential is Count for what runs in one goroutine: the race detector has nothing to find
// there, and makes it ten times slower, so that a full run with it does a tenth.
func CountSequential(full, reduced int) int {
	if raceDetector {
		full = max(full/10, reduced)
	}
	return Count(full, reduced)
}

// AtOnce lets n parallel tests of the package run at the same time, unless the command line has
// -parallel. TestMain calls it before m.Run.
func AtOnce(n int) {
	flag.Parse()
	given := flag.Lookup("test.fuzz").Value.String() != "" // -parallel is then the number of fuzzing processes
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", strconv.Itoa(n)) // a number is never refused
	}
}
