// Package calendar says which day, week, month, quarter and year an instant belongs to for one org, and how much
// working time lies between two instants.
//
// A day is the org's local day (IANA zone), a week starts on the org's chosen weekday, quarters and years follow its
// fiscal year, which always starts on the first of a month: so a quarter is whole months and a year whole quarters.
// The package is pure: no clock, no I/O; zones come from the database that is compiled in. It imports the standard
// library only.
package calendar

import _ "time/tzdata" // the zone database, compiled in
