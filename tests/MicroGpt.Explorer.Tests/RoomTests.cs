using System.Globalization;
using MicroGpt.Record;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace MicroGpt.Explorer.Tests;

/// <summary>The five rooms, with real clicks: what they show is what the record says.</summary>
[Collection(nameof(Chromium))]
public class RoomTests(Chromium chromium)
{
    [Fact]
    public async Task The_opening_dreams_with_the_same_dice_and_leads_inside()
    {
        var page = await chromium.GoAsync("?");
        await Expect(page.Locator(".big-word")).ToHaveTextAsync(ExpectedNumbers.Run.Dream(1000, 7).Text);
        await page.Locator(".strip .slider").FillAsync("100");
        await Expect(page.Locator(".big-word")).ToHaveTextAsync(ExpectedNumbers.Run.Dream(100, 7).Text);
        await page.ClickAsync("text=Look inside");
        await page.WaitForSelectorAsync("h1:has-text('What had it learned by step 100?')");
    }

    [Fact]
    public async Task Learn_shows_what_a_step_did()
    {
        var page = await chromium.GoAsync("?room=learn&step=420");
        var step = ExpectedNumbers.Run.Step(420);
        await Expect(page.Locator("#step-name")).ToContainTextAsync(step.Document);
        Assert.InRange(await ExpectedNumbers.CompareAsync(page), 2 * step.Document.Length + 3, 100);
        for (var dice = 1; dice <= 12; dice++)
        {
            await Expect(page.Locator($"[data-src='dream/420/{dice}/0.5']")).ToHaveAttributeAsync("data-value",
                ExpectedNumbers.Run.Dream(420, dice).Text);
        }
        await page.ClickAsync(".rule-name:has-text('letter pairs')");
        await Expect(page.Locator(".formula")).ToContainTextAsync(
            ExpectedNumbers.Run.Baselines.LetterPairs.ToString("0.0000", CultureInfo.InvariantCulture));
        await page.Locator(".dream").Nth(2).ClickAsync();
        await Expect(page.Locator(".dice tr")).ToHaveCountAsync(ExpectedNumbers.Run.Dream(420, 3).Letters.Count);
        await page.Locator(".temperature input").FillAsync("1.2");
        await Expect(page.Locator("[data-src='dream/420/1/1.2']")).ToHaveAttributeAsync("data-value",
            ExpectedNumbers.Run.Dream(420, 1, 1.2).Text);
        await page.Locator(".letter").Nth(3).ClickAsync();
        await page.WaitForSelectorAsync("h1:has-text('what comes next')");
        await Expect(page.Locator("h1")).ToContainTextAsync("·den");
    }

    [Fact]
    public async Task Guess_shows_every_number_of_a_letter()
    {
        var page = await chromium.GoAsync("?room=guess&step=420&text=mar&at=3");
        await page.WaitForSelectorAsync(".readouts");
        var trace = ExpectedNumbers.Run.Trace(420, "mar");
        // wte, wpe, 13 rows of 16, the lamps and 27 scores; 16 looks; 3 times 27 bars
        Assert.InRange(await ExpectedNumbers.CompareAsync(page, ".guess"), 14 * 16 + 64 + 27 + 16 + 81, 500);
        await page.ClickAsync("[data-key='query.0.3.5']");
        await Expect(page.Locator(".card .all")).ToHaveTextAsync(
            trace.Values(Activation.Query, 0, 3)[5].ToString("R", CultureInfo.InvariantCulture).Replace('-', '−'));
        await Expect(page.Locator(".card .terms tr[data-key]")).ToHaveCountAsync(16);
        await Expect(page.Locator(".card")).ToContainTextAsync("the same bits");
        await Expect(page.Locator(".card pre")).ToContainTextAsync("var query = Linear(normed");
        await Expect(page.Locator(".card .terms th").First).ToHaveTextAsync("attn_wq[5][0]");
        await page.Locator(".card .terms tr").First.ClickAsync();
        await Expect(page.Locator(".card h2")).ToHaveTextAsync("attn_wq[5][0]");
    }

    [Fact]
    public async Task Scissors_cut_a_head_and_say_what_it_costs()
    {
        var page = await chromium.GoAsync("?room=guess&step=1000&text=anna&at=4");
        await page.ClickAsync("[aria-label='Cut head 2']");
        var effect = ExpectedNumbers.Run.Cut(1000, "anna", new AttentionCut(null, 1));
        await Expect(page.Locator(".cut-figure")).ToHaveTextAsync(
            effect.After.Select(nats => nats.ToString("0.00", CultureInfo.InvariantCulture)));
        await Expect(page.Locator(".heads tr.cut")).ToContainTextAsync(Drawing.Digits.Change(effect.Cost));
        await page.ReloadAsync();
        await Chromium.RecordedAsync(page);
        await page.WaitForSelectorAsync("[aria-label='Cut head 2'][aria-pressed=true]");
    }

    [Fact]
    public async Task You_can_guess_first()
    {
        var page = await chromium.GoAsync("?room=guess&step=1000&text=anna&at=1");
        await page.ClickAsync("text=You first");
        await Expect(page.Locator(".readouts")).ToHaveCountAsync(0);
        await page.ClickAsync(".key-button >> text=/^z$/");
        await page.ClickAsync(".key-button >> text=/^n$/");
        await Expect(page.Locator(".you")).ToContainTextAsync("You needed 2 tries");
        await page.ClickAsync("text=You first");
    }

    [Fact]
    public async Task Blame_shows_every_gradient()
    {
        var page = await chromium.GoAsync("?room=blame&step=1&at=2");
        await page.WaitForSelectorAsync(".norms");
        Assert.InRange(await ExpectedNumbers.CompareAsync(page, ".blame"), 14 * 16 + 64 + 27, 500);
        await page.ClickAsync("[data-key='middle.0.2.5']");
        await page.ClickAsync("text=Whose gradients is it made of?");
        await page.WaitForSelectorAsync(".card .terms");
        await Expect(page.Locator(".card")).ToContainTextAsync("The sum has the same bits");
        var node = Finished(ExpectedNumbers.Run.Graph(0, "forrest"));
        var consumers = node[node.Find(Activation.Middle, 2, 5)!.Value].Consumers.Count;
        await Expect(page.Locator(".card .terms tbody tr:not(.result)")).ToHaveCountAsync(Math.Min(17, consumers));
    }

    [Fact]
    public async Task Every_gradient_can_be_measured()
    {
        var page = await chromium.GoAsync("?room=blame&step=1&text=f&number=lm_head.5.9");
        await page.ClickAsync("text=Measure all 4,192");
        await page.WaitForSelectorAsync("text=4,192 of 4,192 measured");
        var said = await page.InnerTextAsync(".blame [role=status]");
        var worst = double.Parse(said.Split("error is ")[1].Split(';', ' ')[0].TrimEnd('.'),
            CultureInfo.InvariantCulture);
        Assert.InRange(worst, 0, 1e-5);
    }

    [Fact]
    public async Task Move_shows_adams_line_and_who_moved_a_number()
    {
        var page = await chromium.GoAsync("?room=move&step=420&number=lm_head.5.9");
        await page.WaitForSelectorAsync(".ledger");
        await Expect(page.Locator("h1")).ToContainTextAsync("−0.1589");
        Assert.InRange(await ExpectedNumbers.CompareAsync(page, ".move"), 20, 40);
        double At(string term) => ExpectedNumbers.Of($"adam/{ExpectedNumbers.Parameter("lm_head.5.9")}/420/{term}");
        async Task<double> Shown(string what) =>
            Number((await page.Locator($".move [data-src$='/{what}']").First.GetAttributeAsync("data-value"))!);
        var (before, term, after) = (await Shown("before"), await Shown("term"), await Shown("after"));
        Assert.Equal(after, before - term); // exactly, as shown
        Assert.Equal(At("after"), after);
        await Expect(page.Locator(".ledger tr").First).ToContainTextAsync("rufus");
        await page.ClickAsync(".ledger button:has-text('rufus')");
        await page.WaitForSelectorAsync("h1:has-text('otherwise')");
        await page.WaitForSelectorAsync(".edits .chip:has-text('without rufus')");
    }

    [Fact]
    public async Task A_number_moved_by_hand_makes_another_future()
    {
        var page = await chromium.GoAsync("?room=whatif&step=900&number=wte.5.9");
        await page.Locator("[aria-label='Its new value']").FillAsync("1.5");
        await page.WaitForSelectorAsync("text=They differ from step 900 on.");
        var edit = new Edit.Weight(900, ExpectedNumbers.Parameter("wte.5.9"), 1.5);
        var other = ExpectedNumbers.Run.WhatIf(edit);
        other.Finish();
        await page.WaitForFunctionAsync("() => !document.body.innerText.includes('B trains')");
        await Expect(page.Locator(".pairs tr").Nth(2).Locator("td")).ToHaveTextAsync(
            Enumerable.Range(1, 6).Select(dice => other.Dream(900, dice).Text));
        await page.ClickAsync("text=Look into B");
        await page.ClickAsync(".bar .tab:has-text('Learn')");
        await page.WaitForSelectorAsync("h1:has-text('step 900')");
        await page.ClickAsync(".bar .tab:has-text('What if')");
        await page.ClickAsync("text=Reset");
        await Expect(page.Locator(".edits")).ToContainTextAsync("bit for bit");
    }

    [Fact]
    public async Task A_run_that_diverges_ends_with_a_sentence()
    {
        var page = await chromium.GoAsync("?room=whatif&edit=weight:3:lm_head.0.0:1e200");
        await Expect(page.Locator(".edits .complaint")).ToContainTextAsync("its last good one");
    }

    static ValueGraph Finished(ValueGraph graph)
    {
        graph.Finish();
        return graph;
    }

    static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
