package mapping

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var errTotal = errors.New("the expressions take too many steps for one delivery")

// helped is an error that says what helps.
type helped struct {
	error
	mend string
}

// quoteIt is what helps where YAML takes part of an expression for its own.
const quoteIt = "an expression within { } stands in single quotes: { expr: 'first([body.?a, body.?b])' }"

// explainIssue puts what CEL's compiler says into plain words; known are the names that can be read.
func explainIssue(message string, known []string) (detail, mend string) {
	first, _, _ := strings.Cut(message, "\n")
	switch {
	case strings.HasPrefix(first, "undeclared reference to '"):
		name, _, _ := strings.Cut(strings.TrimPrefix(first, "undeclared reference to '"), "'")
		return fmt.Sprintf("%q is not known", name), "known are " + strings.Join(known, ", ") + ", and the functions of the language"
	case strings.HasPrefix(first, "found no matching overload for '"):
		name, rest, _ := strings.Cut(strings.TrimPrefix(first, "found no matching overload for '"), "'")
		if name == "_?_:_" {
			return "the two results of ? : are of different kinds", "write \"\" instead of null where the other one is a text"
		}
		return fmt.Sprintf("%s cannot be applied to these%s", strings.Trim(name, "_@"), strings.TrimSuffix(strings.Replace(rest, " applied to", ":", 1), ".")),
			"text(...) makes text of any value, int(...) and double(...) numbers"
	case strings.HasPrefix(first, "Syntax error: "):
		if strings.Contains(first, "<EOF>") {
			mend = quoteIt // YAML has cut it off at a comma
		}
		return "the expression breaks off or cannot be read: " + strings.TrimPrefix(first, "Syntax error: "), mend
	}
	return first, ""
}

var missing = regexp.MustCompile(`^no such (?:key|attribute\(s\)): (.*)$`)

// explainFault puts what went wrong in an evaluation into plain words.
func explainFault(err error) error {
	message := err.Error()
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return err
	case missing.MatchString(message):
		name := missing.FindStringSubmatch(message)[1]
		return helped{fmt.Errorf("there is no %q", name), "write .?" + name + " instead of ." + name + " where it may be absent"}
	case strings.Contains(message, "cost limit exceeded"):
		return helped{errors.New("the expression takes too many steps"), "go through lists once, not through lists within lists"}
	case strings.Contains(message, "memory limit exceeded"):
		return helped{errors.New("the expression holds too much at once"), "take what is needed first, then work on it"}
	case strings.HasPrefix(message, "no such overload"):
		return helped{errors.New("a value is not of the kind that is needed here"), "text(...) makes text of any value, int(...) and double(...) numbers"}
	}
	return err
}
