package main

import (
	"regexp"
	"strings"
)

// rule is a wording that the check refuses.
type rule struct {
	// pattern is a regular expression of whole words. Case does not matter, and a space stands for
	// a line break as well.
	pattern string
	// write says what to write instead.
	write string
	// except are patterns of texts in which the wording is right.
	except []string
}

// rules are the refused wordings, each with what to write instead.
var rules = []rule{
	{"anew", "again", nil},
	{"in vain", "without effect", nil},
	{"whoever|whomever", `a noun: "anyone who", "a caller that"`, nil},
	{"(for|by|than|from|with) who", `a noun before the clause: "for callers that", "for a user who"`, nil},
	{"[.;:] who", `a noun first: "A caller that", "An editor who"`, nil},
	{
		"(is|are|was|were|be) no", `"is not a", "are not"`,
		[]string{
			"there (is|are|was|were) no", "there (may|can|must|will|should|would|could|might) be no",
			"(is|are) there no", "(is|are|was|were|be) no (longer|later|earlier|more|less|fewer|older|newer|larger|smaller)",
		},
	},
	{
		"(is|are|was|were|be|been|being) told", `the act: "receives", "is notified of", "is reported"`,
		[]string{"(is|are|be|been|being) told (apart|from)"},
	},
	{
		"(take|takes|took|taken|taking) ((it|them|this|that|one|a|an|the) )?([a-z]+ )?back", `"reverts", "undoes"`, nil,
	},
	{
		"rooms?", `"package"`,
		[]string{"(no|more|enough|for|make|makes|leaves|leave|have|has) room", "room (for|to|in)", "rooms? of a (house|building)"},
	},
	{"missions?|rows? [0-9]+|(issue|task|milestone) #?[0-9]+", "nothing: a reader does not know how this project is organised", nil},
	{
		"stands?|stood", `"is", "appears", "is written"`,
		[]string{"(stand|stands|stood) for", "stand-ins?", "(stand|stands) (alone|still)"},
	},
	{"of ours|of theirs|of yours", `"our", "their", "your"`, nil},
	{"nobody", `"no caller", "no one", or the name of what does not`, nil},
	{"somebody", `"someone", "another process", or a role`, nil},
	{"everybody", `"everyone", "all readers"`, nil},
	{"anybody", `"anyone", or a role`, nil},
	{"he|his|him|himself|she|her|herself", `"they", "you", or a role`, nil},
	{"lest", `"so that … not"`, nil},
	{"mends?|mended|mending", `"fix", "repair"`, nil},
	{"slips?", `"mistake", "typo"`, []string{"slips? through"}},
	{"for want of", `"without"`, nil},
	{"save (for|that|in|where|what|when|by|if|those)", `"except"`, nil},
	{"beside", `"next to", "with", "besides"`, nil},
	{"any more", `"no longer"`, []string{"any more (of|than)"}},
	{"so long", `"for that long"`, []string{"so long as"}},
	{"(go|goes|went|going|gone) on", `"continues"`, nil},
	{"(rules?|rest) of the house|the house|one house|house rules?", `"the rules of this repository"`, nil},
	{"aside", `"except", "apart from"`, []string{"aside from"}},
	{"by chance", `"at random", "accidentally"`, nil},
	{"as it stands", `"literally", "unchanged"`, nil},
	{"for ever", `"forever", "indefinitely"`, nil},
	{"of before", `"earlier"`, nil},
	{"(has|have|had) not got", `"does not have"`, nil},
	{"in clear", `"in plaintext", "unencrypted"`, nil},
	{"in hand", `"held", "in memory"`, nil},
	{"thereof|therein|wherein|whereof|hereby|thereby|hence", "a plain sentence", nil},
	{"(no|its own|own|user's) (business|affair)", `"does not depend on"`, nil},
}

// compiled is a rule that can be matched.
type compiled struct {
	match  *regexp.Regexp
	except []*regexp.Regexp
	write  string
}

func compile(all []rule) []compiled {
	words := func(pattern string) *regexp.Regexp {
		return regexp.MustCompile(`(?i)\b(?:` + strings.ReplaceAll(pattern, " ", `(?:[ \t]+|[ \t]*\n[ \t]*)`) + `)\b`)
	}
	var done []compiled
	for _, r := range all {
		c := compiled{match: words(r.pattern), write: r.write}
		for _, e := range r.except {
			c.except = append(c.except, words(e))
		}
		done = append(done, c)
	}
	return done
}

// find returns the places in a text at which the rule refuses the wording: start and end of each.
func (c compiled) find(text string) [][]int {
	var right [][]int
	for _, e := range c.except {
		right = append(right, e.FindAllStringIndex(text, -1)...)
	}
	var found [][]int
	for _, at := range c.match.FindAllStringIndex(text, -1) {
		if !within(at, right) {
			found = append(found, at)
		}
	}
	return found
}

// within reports whether a place lies in one of the others.
func within(at []int, places [][]int) bool {
	for _, p := range places {
		if p[0] <= at[0] && at[1] <= p[1] {
			return true
		}
	}
	return false
}
