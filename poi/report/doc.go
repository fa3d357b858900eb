// Package report shows what a validation found: to people as text, to programs
// as JSON, to code hosts as SARIF 2.1.0, to CI systems as JUnit XML. It also
// prints the documentation of the rules, which stands in the rules themselves.
//
// No format is a flood: text shows the first findings of each rule and how many
// there are, the others have what the validation has kept, with exact totals.
// Columns count code points in all of them. None has a time or a path of the
// machine in it, so that reports of equal configs are equal.
package report
