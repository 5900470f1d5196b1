import * as chat from "./chat.js";
import * as composer from "./composer.js";
import { attempt } from "./dom.js";
import * as faults from "./faults.js";
import { load } from "./live.js";
import * as log from "./log.js";
import * as panes from "./panes.js";
import * as people from "./people.js";

for (const part of [panes, people, chat, composer, log, faults]) part.start();
attempt(load);
