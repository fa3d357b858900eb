package poi

// PrizeID names a prize.
type PrizeID string

// PrizeKind is what a prize is. The kinds below have behaviour of their own;
// any other lower-case word is carried as it is and delivered like a
// Collectable.
type PrizeKind string

// Kinds of prizes.
const (
	Cash        PrizeKind = "cash"        // a red packet of Value
	Coupon      PrizeKind = "coupon"      // a voucher worth Value at the merchant
	Collectable PrizeKind = "collectable" // a card, a badge: no value
	Split       PrizeKind = "split"       // a packet of Value that players share at random
)

// Prize is what a player can win.
type Prize struct {
	ID       PrizeID    `json:"id"`
	Name     string     `json:"name"`
	Kind     PrizeKind  `json:"kind"`
	Merchant MerchantID `json:"merchant"`
	// Value of one unit in the minor unit of Currency (1.88 CNY is 188).
	Value    uint64 `json:"value"`
	Currency string `json:"currency,omitempty"` // ISO 4217; needed when Value is not 0
	// Units is the budget: how many may be given in all tasks and districts
	// together. 0 leaves the quotas as the only bound.
	Units uint64 `json:"units"`
	Attrs []Attr `json:"attrs,omitempty"`
}

// Check holds the prize against the limits of the package; it does not look the
// merchant up.
func (p *Prize) Check() error {
	if err := CheckID("id", string(p.ID)); err != nil {
		return err
	}
	if err := CheckText("name", p.Name, MaxNameBytes); err != nil {
		return err
	}
	if p.Kind == "" {
		return invalid("kind", CodeMissing, "is empty")
	}
	if err := checkKind("kind", string(p.Kind)); err != nil {
		return err
	}
	if err := CheckID("merchant", string(p.Merchant)); err != nil {
		return err
	}
	if err := checkUnits("value", p.Value); err != nil {
		return err
	}
	if err := checkCurrency(p.Currency, p.Value); err != nil {
		return err
	}
	if err := checkUnits("units", p.Units); err != nil {
		return err
	}
	return CheckAttrs(p.Attrs)
}

func checkUnits(field string, n uint64) error {
	if n > MaxUnits {
		return invalidValue(field, CodeRange, n, "is more than %d", uint64(MaxUnits))
	}
	return nil
}

func checkCurrency(c string, value uint64) error {
	if c == "" {
		if value != 0 {
			return invalid("currency", CodeMissing, "is empty, but value is %d", value)
		}
		return nil
	}
	ok := len(c) == 3
	for i := 0; ok && i < len(c); i++ {
		ok = c[i] >= 'A' && c[i] <= 'Z'
	}
	if !ok {
		return invalidText("currency", CodeFormat, c, "is not an ISO 4217 code of three capital letters")
	}
	return nil
}
