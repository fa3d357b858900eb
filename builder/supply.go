package builder

import "geodrop/poi"

// supplyOf is the supply of the tasks of a config or a catalog.
func supplyOf(tasks []poi.Task) *poi.Supply {
	list := make([]*poi.Task, len(tasks))
	for i := range tasks {
		list[i] = &tasks[i]
	}
	return poi.NewSupply(list)
}
