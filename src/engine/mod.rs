//! The simulation engine: time, the event calendar, requests in flight, random streams, and the event loop.
//!
//! The engine knows no component: clients, balancers and servers are defined by the [`World`] that it runs. This one is
//! a single worker at which a job arrives every second:
//!
//! ```
//! use rushhour::engine::random::{StreamKey, exponential};
//! use rushhour::engine::{
//!     ActorId, Core, Duration, Ended, Limits, Packed, Passed, RequestId, Requests, Time, World, run,
//! };
//!
//! #[derive(Clone, Copy)]
//! enum Event {
//!     Arrival,
//!     Departure(RequestId),
//! }
//!
//! impl Packed for Event {
//!     fn pack(self) -> (u8, u32) {
//!         match self {
//!             Self::Arrival => (0, 0),
//!             Self::Departure(id) => (1, id.0),
//!         }
//!     }
//!
//!     fn unpack(kind: u8, number: u32) -> Self {
//!         if kind == 0 { Self::Arrival } else { Self::Departure(RequestId(number)) }
//!     }
//! }
//!
//! const WORKER: ActorId = ActorId(0);
//!
//! struct Shop {
//!     came: u64,
//!     /// When the worker has done all there is to do.
//!     free_at: Time,
//! }
//!
//! impl World for Shop {
//!     type Message = Event;
//!
//!     fn handle(&mut self, core: &mut Core<Event>, _to: ActorId, event: Event) -> Passed<Event> {
//!         match event {
//!             Event::Arrival => {
//!                 // The draws of a request belong to its number, whatever else happens.
//!                 let mut draws = StreamKey::root(1, 0).named("service").draws(self.came);
//!                 let (id, _) = core.create_request(self.came, 0);
//!                 self.came += 1;
//!                 self.free_at = self.free_at.max(core.now()) + Duration::from_secs_f64(0.5 * exponential(&mut draws));
//!                 core.send_at(self.free_at, WORKER, Event::Departure(id));
//!                 core.send_after(Duration::from_secs_f64(1.0), WORKER, Event::Arrival);
//!             }
//!             Event::Departure(id) => {
//!                 core.requests.finish(id);
//!                 core.complete();
//!             }
//!         }
//!         None
//!     }
//!
//!     fn ring(&mut self, _core: &mut Core<Event>, _id: RequestId) -> Passed<Event> {
//!         None
//!     }
//!
//!     fn wake(&mut self, _core: &mut Core<Event>, _actor: ActorId) -> Passed<Event> {
//!         None
//!     }
//!
//!     fn tick(&mut self, _requests: &Requests, _at: Time) -> Time {
//!         Time::MAX
//!     }
//! }
//!
//! let mut core = Core::new(1);
//! core.send_at(Time::ZERO, WORKER, Event::Arrival);
//! let limits = Limits { requests: 1_000, ..Limits::default() };
//! let ended = run(&mut Shop { came: 0, free_at: Time::ZERO }, &mut core, limits, Time::MAX);
//! assert_eq!((ended, core.completed()), (Ended::Requests, 1_000));
//! ```

pub mod calendar;
pub mod random;
pub mod requests;
pub mod simulation;
pub mod time;

pub use calendar::{Calendar, Event, Handle, LaneId, Rank};
pub use requests::{
    ActorId, BySlot, Connection, Details, Frame, Hold, Left, Outcome, Request, RequestId, Requests, Write,
};
pub use simulation::{Core, Ended, Limits, Packed, Passed, World, run};
pub use time::{Duration, Time};
