package poi

// MerchantID names a merchant.
type MerchantID string

// Merchant is the business whose campaign a task is and to which a prize is
// charged.
type Merchant struct {
	ID    MerchantID `json:"id"`
	Name  string     `json:"name"`
	Attrs []Attr     `json:"attrs,omitempty"`
}

// Check holds the merchant against the limits of the package.
func (m *Merchant) Check() error {
	if err := CheckID("id", string(m.ID)); err != nil {
		return err
	}
	if err := CheckText("name", m.Name, MaxNameBytes); err != nil {
		return err
	}
	return CheckAttrs(m.Attrs)
}
