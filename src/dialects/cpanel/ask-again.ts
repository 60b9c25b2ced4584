import { type AskAgain, type AskAgainTools, askTheSame } from '../../core/ask-again.ts';
import { askBoughtAgain } from './market/ask-for-item.ts';
import { automaticOf, byOwnFile } from './ssl/autossl-orders.ts';

/** How an order goes on by itself: those of the platform's own by a new file each time, bought ones as they were. */
export function askAgain(tools: AskAgainTools): AskAgain {
  const bought = askBoughtAgain(tools);
  return (last) => {
    if (automaticOf(last.request) === null) return bought(last);
    return { ...askTheSame(last), chooseValidation: (domain) => byOwnFile(tools, domain) };
  };
}
