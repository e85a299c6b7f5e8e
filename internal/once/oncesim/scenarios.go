package oncesim

import "time"

const term = time.Minute

// Scenarios are what goes wrong in the tests. Each adds faults to messages that are lost, late
// or doubled, reads that are old, and clocks whose rates differ.
func Scenarios() []Scenario {
	base := Scenario{
		Instances: 5, Versions: 5, Term: term, Length: 20 * time.Minute, Attempts: 5, MaxRun: 20 * time.Second,
		LoseRequest: 0.08, LoseAnswer: 0.08, Duplicate: 0.1, VagueConflict: 0.5, LongLag: 0.02, Skew: 0.02, Rollbacks: true,
	}
	with := func(name string, change func(*Scenario)) Scenario {
		s := base
		s.Name = name
		change(&s)
		return s
	}
	return []Scenario{
		with("messages", func(*Scenario) {}),
		with("messages, and reads that are soon right", func(s *Scenario) { s.LongLag, s.Touches = 0, 10 }),
		with("answers that come late", func(s *Scenario) { s.LoseAnswer, s.LongLag, s.MaxRun, s.Attempts = 0.3, 0.5, 2*term, 20 }),
		with("undated", func(s *Scenario) { s.Undated = true }),
		with("pauses up to the term", func(s *Scenario) { s.Pause, s.MaxPause = 0.02, term }),
		with("long pauses", func(s *Scenario) { s.Pause, s.MaxPause, s.MaxRun = 0.1, 6*term, term }),
		with("kills", func(s *Scenario) { s.Kill = 0.03 }),
		with("failures", func(s *Scenario) { s.Fail = 0.4 }),
		with("failures that an operator has tried again", func(s *Scenario) { s.Fail, s.Attempts, s.Operators, s.LongLag = 0.6, 2, 10, 0.1 }),
		with("outages", func(s *Scenario) { s.Outages, s.MaxOutage = 3, 5*time.Minute }),
		with("everything", func(s *Scenario) {
			s.Kill, s.Fail, s.Outages, s.MaxOutage = 0.02, 0.2, 2, 5*time.Minute
			s.Pause, s.MaxPause, s.MaxRun = 0.03, 4*term, 2*term
		}),
	}
}
