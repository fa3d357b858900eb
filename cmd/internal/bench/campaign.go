package bench

import (
	"fmt"
	"time"

	"geodrop/poi"
)

// campaignTasks drop at every place: about as many as a district has.
const campaignTasks = 10

// newCampaigns is the source of a national event: the points, districts all
// over them, and tasks that are active whenever this runs.
func newCampaigns(p *Points, districts mesh) (*source, error) {
	s := newSource(p)
	// The version changes whenever districts or tasks do.
	const version = 1
	s.digest = fmt.Sprintf("%s-campaigns-%d-%d", s.digest, version, districts.cols*districts.rows)
	shapes, err := districts.shapes()
	if err != nil {
		return nil, fmt.Errorf("draw the districts: %w", err)
	}
	for i, shape := range shapes {
		s.districts = append(s.districts, poi.District{
			Adcode: poi.Adcode(fmt.Sprintf("%06d", 100000+i)), Name: fmt.Sprintf("District %d", i), Shape: shape,
		})
	}
	for i := range campaignTasks {
		s.addTask(i)
	}
	return s, nil
}

// addTask adds a merchant and its task, whose prizes are one pool each for all
// districts. Ids ascend with i, below 10.
func (s *source) addTask(i int) {
	merchant := poi.Merchant{ID: poi.MerchantID(fmt.Sprintf("merchant-%d", i)), Name: fmt.Sprintf("Tea House %d", i)}
	s.config.Merchants = append(s.config.Merchants, merchant)
	task := poi.Task{
		ID: poi.TaskID(fmt.Sprintf("spring-%d", i)), Title: fmt.Sprintf("Spring packets no. %d", i), Merchant: merchant.ID, Set: poi.AllPOIs,
		When:        poi.Schedule{Start: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC)},
		ClaimRadius: 50,
	}
	for j, kind := range []poi.PrizeKind{poi.Coupon, poi.Collectable} {
		prize := poi.Prize{ID: poi.PrizeID(fmt.Sprintf("prize-%d-%d", i, j)), Name: "Prize", Kind: kind, Merchant: merchant.ID}
		s.config.Prizes = append(s.config.Prizes, prize)
		task.Prizes = append(task.Prizes, poi.TaskPrize{Prize: prize.ID, Weight: 1})
		task.Quotas = append(task.Quotas, poi.Quota{Prize: prize.ID, District: poi.AnyDistrict, Units: 1_000_000_000})
	}
	s.config.Tasks = append(s.config.Tasks, task)
}
