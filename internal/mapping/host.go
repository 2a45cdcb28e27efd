package mapping

import (
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"milemarker/internal/providers/wire"
)

// celVal is a value inside of an expression.
type celVal = ref.Val

// hostLibrary is what expressions can do beside CEL's own: money, times, telephone numbers and tables. A function that
// cannot read what it is given is an error, but phone and email give "": a bad number is no reason to lose an event.
func hostLibrary(m marks, lookups map[string]map[string]string) []cel.EnvOption {
	return []cel.EnvOption{
		cel.Macros(
			filled("ts", 1, "", "zone"), filled("ts", 2, "zone"), filled("date", 1, "zone"), filled("phone", 1, "region"),
			guarded("replace", 2), guarded("replace", 3), guarded("join", 0), guarded("join", 1),
			cel.ReceiverMacro("format", 1, func(eh cel.MacroExprFactory, target ast.Expr, _ []ast.Expr) (ast.Expr, *common.Error) {
				return nil, eh.NewError(target.ID(), "format is not known here; join texts with + and text(...)")
			}),
		),
		function("text", cel.StringType, func(args []ref.Val) (any, error) { return textOf(args[0]) }, cel.DynType),
		function("money", cel.StringType, func(args []ref.Val) (any, error) {
			text, err := textOf(args[0])
			if err != nil || strings.TrimSpace(text) == "" {
				return "", err
			}
			return m.decimal(text)
		}, cel.DynType),
		function("minor", cel.StringType, func(args []ref.Val) (any, error) { return minor(args[0], args[1]) }, cel.DynType, cel.StringType),
		function("ts", cel.TimestampType, timestamp, cel.DynType, cel.StringType, cel.StringType),
		function("date", cel.StringType, date, cel.DynType, cel.StringType),
		function("phone", cel.StringType, func(args []ref.Val) (any, error) {
			text, err := textOf(args[0])
			return wire.Phone(text, textArg(args[1])), err
		}, cel.DynType, cel.StringType),
		function("email", cel.StringType, func(args []ref.Val) (any, error) {
			text, err := textOf(args[0])
			return wire.Email(text), err
		}, cel.DynType),
		function("seconds", cel.IntType, func(args []ref.Val) (any, error) {
			text, err := textOf(args[0])
			if err != nil {
				return nil, err
			}
			return seconds(text)
		}, cel.DynType),
		function("slug", cel.StringType, func(args []ref.Val) (any, error) { return slug(textArg(args[0])), nil }, cel.StringType),
		function("digits", cel.StringType, func(args []ref.Val) (any, error) { return digits(textArg(args[0])), nil }, cel.StringType),
		function("first", cel.DynType, func(args []ref.Val) (any, error) { return first(args[0]), nil }, cel.ListType(cel.DynType)),
		function("hash", cel.StringType, func(args []ref.Val) (any, error) { return hash(args[0]) }, cel.DynType),
		cel.Function("lookup",
			overload("lookup_2", cel.StringType, func(args []ref.Val) (any, error) {
				text, err := textOf(args[1])
				if to, ok := lookups[textArg(args[0])][text]; ok {
					return to, err
				}
				return text, err
			}, cel.StringType, cel.DynType),
			overload("lookup_3", cel.StringType, func(args []ref.Val) (any, error) {
				text, err := textOf(args[1])
				if to, ok := lookups[textArg(args[0])][text]; ok {
					return to, err
				}
				return textArg(args[2]), err
			}, cel.StringType, cel.DynType, cel.StringType)),
		function("@replace", cel.StringType, func(args []ref.Val) (any, error) {
			return replace(textArg(args[0]), textArg(args[1]), textArg(args[2]), int(args[3].(types.Int)))
		}, cel.StringType, cel.StringType, cel.StringType, cel.IntType),
		function("@join", cel.StringType, func(args []ref.Val) (any, error) {
			return join(args[0].(traits.Lister), textArg(args[1]))
		}, cel.ListType(cel.StringType), cel.StringType),
	}
}

// function declares a function with one overload.
func function(name string, result *cel.Type, fn func([]ref.Val) (any, error), args ...*cel.Type) cel.EnvOption {
	return cel.Function(name, overload(strings.TrimPrefix(name, "@")+"_host", result, fn, args...))
}

func overload(id string, result *cel.Type, fn func([]ref.Val) (any, error), args ...*cel.Type) cel.FunctionOpt {
	return cel.Overload(id, args, result, cel.FunctionBinding(func(args ...ref.Val) ref.Val {
		out, err := fn(args)
		if err != nil {
			return types.WrapErr(err)
		}
		return types.DefaultTypeAdapter.NativeToValue(out)
	}))
}

// filled is a call that lacks arguments at its end: names of variables, or the empty text.
func filled(name string, given int, missing ...string) cel.Macro {
	return cel.GlobalMacro(name, given, func(eh cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
		for _, m := range missing {
			if m == "" {
				args = append(args, eh.NewLiteral(types.String("")))
				continue
			}
			args = append(args, eh.NewIdent(m))
		}
		return eh.NewCall(name, args...), nil
	})
}

// guarded takes the place of one of CEL's own methods that could make much of little in a single step, before its cost is
// looked at: the same under another name looks at the size first.
func guarded(name string, given int) cel.Macro {
	return cel.ReceiverMacro(name, given, func(eh cel.MacroExprFactory, target ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
		args = append([]ast.Expr{target}, args...)
		switch {
		case name == "replace" && given == 2:
			args = append(args, eh.NewLiteral(types.Int(-1)))
		case name == "join" && given == 0:
			args = append(args, eh.NewLiteral(types.String("")))
		}
		return eh.NewCall("@"+name, args...), nil
	})
}

// hostCosts says what our functions cost: by the size of what goes in and comes out, as CEL's own do.
type hostCosts struct{}

// CallCost implements cost.ActualCostEstimator.
func (hostCosts) CallCost(_, overload string, args []ref.Val, result ref.Val) *uint64 {
	if !strings.HasSuffix(overload, "_host") && !strings.HasPrefix(overload, "lookup_") {
		return nil
	}
	total := uint64(1)
	for _, v := range append(args, result) {
		if sizer, ok := v.(traits.Sizer); ok {
			if n, ok := sizer.Size().(types.Int); ok && n > 0 {
				total += uint64(n) / 10
			}
		}
	}
	switch overload {
	case "hash_host":
		total += 50 // the value is written as JSON, however deep it is
	case "ts_host", "date_host", "phone_host":
		total += 20
	}
	return &total
}
