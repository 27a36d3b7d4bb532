package spec

// Manager is a server of shared objects: `managers.m`.
type Manager struct {
	Resource
	Address         Text           `yaml:"address" example:"address: 'localhost:9001'" doc:"host:port, or the path of a Unix socket, where others reach it."`
	Authkey         Text           `yaml:"authkey" example:"authkey: '${{ env.KEY }}'" doc:"Secret that both sides prove to know."`
	Objects         MapOf[*Object] `yaml:"objects" example:"objects: {d: {type: dict}}" doc:"The objects it has, read as MANAGER.OBJECT."`
	Connect         Text           `yaml:"connect" example:"connect: 'host:9001'" doc:"Address of a manager elsewhere, whose objects are used."`
	Serve           Flag           `yaml:"serve" default:"false" example:"serve: true" doc:"Keeps the run alive."`
	Restart         *Restart       `yaml:"restart" short:"when" example:"restart: always" doc:"What happens when it ends by itself."`
	ShutdownTimeout Duration       `yaml:"shutdown_timeout" default:"1s" example:"shutdown_timeout: 5s" doc:"How long it may take to stop."`
}

// Object is a shared object of a manager.
type Object struct {
	Node *Node `yaml:"-"`

	Type     Enum           `yaml:"type" words:"dict|list|set|namespace|value|array|queue|joinable_queue|lock|rlock|semaphore|bounded_semaphore|condition|event|barrier" example:"type: dict" doc:"What it is."`
	Init     Data           `yaml:"init" example:"init: {a: 1}" doc:"What it starts with."`
	Of       Name           `yaml:"of" example:"of: jobs" doc:"The resource of this spec that it shows to others."`
	Methods  MapOf[*Method] `yaml:"methods" example:"methods: {add: {params: [x, y], returns: x + y}}" doc:"Methods of its own."`
	Exposed  []Name         `yaml:"exposed" example:"exposed: [add]" doc:"The methods that others may call; without it all whose names do not begin with _."`
	Iterator Chain          `yaml:"iterator" doc:"Stages whose results it gives one by one."`

	_ struct{} `one:"type|of|methods|iterator"`
}

// Method is a method of a manager's object.
type Method struct {
	Node *Node `yaml:"-"`

	Params  []Name     `yaml:"params" example:"params: [x, y]" doc:"Names of its arguments."`
	Returns Expression `yaml:"returns" example:"returns: x + y" doc:"The expression that it gives."`
	Stages  Chain      `yaml:"stages" doc:"Stages that it runs, in place of an expression."`

	_ struct{} `one:"returns|stages"`
}
