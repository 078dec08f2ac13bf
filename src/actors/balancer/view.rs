//! The view that a balancer has of its members: its own count of active requests, and which members it believes to be
//! up.

use std::borrow::Cow;
use std::sync::Arc;

use crate::actors::placement::Members;

#[derive(Clone, Copy, Debug)]
struct Member {
    active: u32,
    /// Its place among the available members; [`DOWN`] if it is not available.
    place: u32,
}

/// The view that a balancer has of its members.
#[derive(Clone, Debug)]
pub struct View {
    weights: Vec<u32>,
    members: Vec<Member>,
    /// The members held to be up, in no particular order, for picking one at random.
    available: Vec<u32>,
    /// Empty if no policy uses them.
    names: Arc<[String]>,
}

const DOWN: u32 = u32::MAX;

impl View {
    /// A view in which all members are up and idle.
    #[must_use]
    pub fn new(weights: Vec<u32>) -> Self {
        let members = 0..weights.len() as u32;
        Self {
            members: members.clone().map(|place| Member { active: 0, place }).collect(),
            available: members.collect(),
            weights,
            names: Arc::from([]),
        }
    }

    /// Gives the members names, one for each.
    #[must_use]
    pub fn with_names(self, names: Arc<[String]>) -> Self {
        debug_assert_eq!(names.len(), self.len());
        Self { names, ..self }
    }

    /// The name of a member, as it is hashed; its number if it has no name.
    #[must_use]
    pub fn name(&self, member: usize) -> Cow<'_, str> {
        self.names.get(member).map_or_else(|| Cow::Owned(member.to_string()), |name| Cow::Borrowed(name.as_str()))
    }

    /// Number of members, up or down.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// True of a balancer without members, which cannot be built from a valid description.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Weight of a member, at least 1.
    #[inline]
    #[must_use]
    pub fn weight(&self, member: usize) -> u32 {
        self.weights[member]
    }

    /// Changes the weight of a member; at least 1.
    pub fn set_weight(&mut self, member: usize, weight: u32) {
        self.weights[member] = weight;
    }

    /// True if all weights are the same.
    #[must_use]
    pub fn equal_weights(&self) -> bool {
        self.weights.windows(2).all(|pair| pair[0] == pair[1])
    }

    /// Requests that this balancer has sent to a member and that are not answered yet.
    #[inline]
    #[must_use]
    pub fn active(&self, member: usize) -> u32 {
        self.members[member].active
    }

    /// True if this balancer believes the member to be up.
    #[inline]
    #[must_use]
    pub fn is_up(&self, member: usize) -> bool {
        self.members[member].place != DOWN
    }

    /// Active requests of a member; `None` if this balancer believes it to be down.
    #[inline(always)]
    #[must_use]
    pub fn active_if_up(&self, member: usize) -> Option<u32> {
        let member = self.members[member];
        (member.place != DOWN).then_some(member.active)
    }

    /// The members believed to be up, in no particular order.
    #[inline]
    #[must_use]
    pub fn available(&self) -> &[u32] {
        &self.available
    }

    /// Counts a request that is sent to a member.
    #[inline]
    pub fn sent(&mut self, member: usize) {
        self.members[member].active += 1;
    }

    /// Counts a request that was answered by a member.
    #[inline]
    pub fn done(&mut self, member: usize) {
        self.members[member].active -= 1;
    }

    /// Marks a member as up or down; true if that is a change.
    pub fn set_up(&mut self, member: usize, up: bool) -> bool {
        if up == self.is_up(member) {
            return false;
        }
        if up {
            self.members[member].place = self.available.len() as u32;
            self.available.push(member as u32);
        } else {
            let place = self.members[member].place as usize;
            self.available.swap_remove(place);
            if let Some(&moved) = self.available.get(place) {
                self.members[moved as usize].place = place as u32;
            }
            self.members[member].place = DOWN;
        }
        true
    }
}

impl Members for View {
    fn count(&self) -> usize {
        self.len()
    }

    fn weight(&self, member: usize) -> u32 {
        self.weight(member)
    }

    fn name(&self, member: usize) -> Cow<'_, str> {
        self.name(member)
    }

    fn is_up(&self, member: usize) -> bool {
        self.is_up(member)
    }
}
