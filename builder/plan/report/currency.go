package report

import (
	"fmt"
	"strings"

	"geodrop/poi/phrase"
)

// exponent is how many digits the minor unit of a currency takes, as ISO 4217
// (list one of its maintenance agency) has it. Locale data such as CLDR's, which
// libraries carry, drops decimals that nobody pays with any more, and would show
// rupiahs as a hundred times what they are.
func exponent(currency string) int {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	case "CLF", "UYW":
		return 4
	}
	return 2
}

// money is an amount in minor units as people write it, without its currency.
func money(minor int64, currency string) string {
	digits := exponent(currency)
	one := int64(1)
	for range digits {
		one *= 10
	}
	sign, major, rest := "", minor/one, minor%one
	if minor < 0 {
		sign, major, rest = minus, -major, -rest
	}
	if digits == 0 {
		return sign + phrase.Number(major)
	}
	return fmt.Sprintf("%s%s.%0*d", sign, phrase.Number(major), digits, rest)
}

// amount is an amount with its currency; nothing of no currency.
func amount(minor int64, currency string) string {
	return strings.TrimSpace(money(minor, currency) + " " + currency)
}

// gain is an amount with its sign.
func gain(minor int64, currency string) string {
	switch {
	case minor > 0:
		return "+" + amount(minor, currency)
	case minor == 0:
		return "0"
	}
	return amount(minor, currency)
}
