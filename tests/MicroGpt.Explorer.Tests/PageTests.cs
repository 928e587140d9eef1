using System.Globalization;
using System.Text.RegularExpressions;
using Deque.AxeCore.Playwright;
using MicroGpt.Explorer.Drawing;
using MicroGpt.Record;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace MicroGpt.Explorer.Tests;

/// <summary>The page as a page: numbers, addresses, keys, sizes, themes, what a visitor brings.</summary>
[Collection(nameof(Chromium))]
public class PageTests(Chromium chromium)
{
    const string AllRooms = "learn guess blame move whatif";

    [Fact]
    public async Task Any_of_the_numbers_can_be_opened_at_any_step()
    {
        var random = new Random(1);
        var page = await chromium.GoAsync("?room=learn");
        Assert.Equal(4192, await page.EvaluateAsync<int>(
            "() => [...document.querySelectorAll('.cells canvas')].reduce((n, c) => n + c.width * c.height, 0)"));
        for (var i = 0; i < 50; i++)
        {
            var (step, address) = (random.Next(1, 1001), ExpectedNumbers.Run.AddressOf(random.Next(4192)));
            var key = Words.Key(ExpectedNumbers.Run, address);
            await chromium.GoAsync($"?room=learn&step={step}&number={key}");
            var ring = page.Locator(".ring");
            await Expect(ring).ToHaveAttributeAsync("data-src", $"state/{step}/value/{key}");
            await Expect(page.Locator(".card .four")).ToHaveAttributeAsync("data-value",
                (await ring.GetAttributeAsync("data-value"))!);
            await ExpectedNumbers.CompareAsync(page, ".card");
        }
    }

    [Fact]
    public async Task The_run_is_the_commands()
    {
        await ExpectTheCommandsAsync(await chromium.GoAsync("?room=learn"), Corpus.Load(Repository.ShippedNames));
    }

    /// <summary>Other vocabularies and lengths, each for long enough that the browser has optimized everything.</summary>
    [Fact]
    public async Task Runs_of_other_lists_are_the_commands()
    {
        var page = await chromium.OpenAsync(new(), "?room=learn", wait: false);
        foreach (var documents in new[]
        {
            "Zoë José Müller Łukasz Çağla Øystein Ñandú Françoise Þórður Ångström Đorđe Žofie".Split(' '),
            ["Newcastle upon Tyne", "Stratford-upon-Avon", "Llanfairpwllgwyngyll", "St. Ives", "Bath", "Ely"],
            ["ab", "ba", "a", "aab", "abba", new('b', 16), new('a', 17)],
        })
        {
            var name = $"{documents[0]}.txt";
            await page.SetInputFilesAsync(".drop input", new FilePayload
            {
                Name = name,
                MimeType = "text/plain",
                Buffer = System.Text.Encoding.UTF8.GetBytes(string.Join('\n', documents)),
            });
            await Expect(page.Locator(".run")).ToHaveTextAsync(name);
            await ExpectTheCommandsAsync(page, new(documents));
        }
        await page.Context.CloseAsync();
    }

    // Every bit of the losses and of the last parameters, and what is drawn with them.
    static async Task ExpectTheCommandsAsync(IPage page, Corpus corpus)
    {
        await page.ClickAsync(".run");
        var download = await page.RunAndWaitForDownloadAsync(() => page.ClickAsync("text=Save the losses"));
        var lines = await File.ReadAllLinesAsync(await download.PathAsync());
        var trainer = new Trainer(corpus, new());
        Assert.Equal(1001, lines.Length);
        foreach (var step in trainer.Run())
        {
            Assert.Equal(string.Create(CultureInfo.InvariantCulture,
                $"{step.Step}\t{step.Document}\t{step.LearningRate:R}\t{step.Loss:R}"), lines[step.Step]);
        }
        var model = trainer.Snapshot();
        await page.ClickAsync("text=The 20 names");
        await Expect(page.Locator(".twenty li")).ToHaveTextAsync(model.Generate().Take(20));
        await page.ClickAsync(".data >> text=/^Close$/");
        await page.ClickAsync(".as-table summary");
        foreach (var tensor in model.Parameters.Tensors)
        {
            var matrix = tensor.Name.Replace("layer0.", "", StringComparison.Ordinal);
            await Chromium.LookAtAsync(page, $"?room=learn&number={matrix}.0.0");
            await Expect(page.Locator(".as-table summary")).ToHaveTextAsync($"{matrix} as a table");
            Assert.Equal(
                model.Parameters.Values.Skip(tensor.Offset).Take(tensor.Rows * tensor.Columns).Select(Digits.Invariant),
                await page.EvaluateAsync<string[]>(
                    "() => [...document.querySelectorAll('.as-table td')].map(cell => cell.dataset.value)"));
        }
        await page.ClickAsync(".as-table summary");
    }

    [Fact]
    public async Task The_second_run_is_ready_to_look_at()
    {
        var page = await chromium.GoAsync("?run=20000&room=guess&text=mar&at=3");
        await page.WaitForSelectorAsync(".readouts");
        await Expect(page.Locator(".controls-line")).ToContainTextAsync("after step 20,000");
        await Expect(page.Locator(".beside")).ToContainTextAsync("0.177");
        await page.ClickAsync(".moment:text-is('2,000')");
        await Expect(page).ToHaveURLAsync(new Regex("step=2000"));
        await page.ClickAsync(".bar .tab:has-text('Learn')");
        await page.WaitForSelectorAsync("h1:has-text('step 2,000')");
    }

    [Fact]
    public async Task A_click_on_the_plate_opens_the_number_under_the_pointer()
    {
        var page = await chromium.GoAsync("?room=learn&step=420");
        var plate = await page.Locator(".at-wte .cells").BoundingBoxAsync();
        await page.Mouse.ClickAsync(plate!.X + 9.5f * plate.Width / 16, plate.Y + 5.5f * plate.Height / 27);
        await Expect(page.Locator(".card h2")).ToHaveTextAsync("wte[f][9]");
        await Expect(page).ToHaveURLAsync(new Regex("number=wte.5.9"));
        plate = await page.Locator(".at-mlp_fc2 .cells").BoundingBoxAsync(); // lies on its side
        await page.Mouse.ClickAsync(plate!.X + 3.5f * plate.Width / 16, plate.Y + 60.5f * plate.Height / 64);
        await Expect(page.Locator(".card h2")).ToHaveTextAsync("mlp_fc2[3][60]");
        await page.FillAsync("#find", "lm_head[·][2]");
        await page.PressAsync("#find", "Enter");
        await Expect(page.Locator(".card h2")).ToHaveTextAsync("lm_head[·][2]");
    }

    [Fact]
    public async Task The_address_is_what_is_looked_at()
    {
        var page = await chromium.GoAsync("?room=move&step=77&number=attn_wq.3.4&show=gradient&pin=12");
        await page.ReloadAsync();
        await Chromium.RecordedAsync(page);
        await Expect(page.Locator("h1")).ToContainTextAsync("attn_wq[3][4]");
        await Expect(page.Locator(".time .number")).ToHaveValueAsync("77");
        await Expect(page.Locator(".layers .chip:has-text('gradient')")).ToHaveAttributeAsync("aria-pressed", "true");
        await page.ClickAsync(".bar .tab:has-text('Guess')");
        await page.ClickAsync(".bar .tab:has-text('Blame')");
        await page.GoBackAsync();
        await page.WaitForSelectorAsync("h1:has-text('what comes next')");
        await page.GoBackAsync();
        await page.WaitForSelectorAsync("h1:has-text('Why did')");
        await page.GoForwardAsync();
        await page.WaitForSelectorAsync("h1:has-text('what comes next')");
    }

    [Fact]
    public async Task Keys_go_everywhere()
    {
        var page = await chromium.GoAsync("?");
        await page.Locator("body").PressAsync("Enter");
        await page.WaitForSelectorAsync("h1:has-text('What had it learned')");
        await page.Keyboard.PressAsync("ArrowLeft");
        await page.Keyboard.PressAsync("Shift+ArrowLeft");
        await Expect(page).ToHaveURLAsync(new Regex("step=989"));
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForSelectorAsync("h1:has-text('what comes next')");
        await page.Keyboard.PressAsync("]");
        await Expect(page).ToHaveURLAsync(new Regex("at=1"));
        await page.Keyboard.PressAsync("[");
        await Expect(page).Not.ToHaveURLAsync(new Regex("at="));
        await page.Keyboard.PressAsync("Enter");
        await Expect(page).ToHaveURLAsync(new Regex("number=input.0.0"));
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(page).ToHaveURLAsync(new Regex("number=attentionnorm.0.0.1"));
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("Escape");
        await page.WaitForSelectorAsync("h1:has-text('What had it learned')");
        foreach (var (key, words) in new[] { ("2", "what comes next"), ("3", "Whom does"), ("4", "Why did"), ("5",
            "otherwise"), ("1", "What had") })
        {
            await page.Keyboard.PressAsync(key);
            await page.WaitForSelectorAsync($"h1:has-text('{words}')");
        }
        await page.Keyboard.PressAsync("/");
        await Expect(page.Locator("#find")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("#find")).Not.ToBeFocusedAsync();
        await page.Keyboard.PressAsync("?");
        await Expect(page.Locator(".help")).ToContainTextAsync("gradient");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator(".help")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task The_map_is_a_grid_for_the_keyboard()
    {
        var page = await chromium.GoAsync("?room=learn&step=420&number=wte.5.9");
        await page.Locator(".ring").FocusAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("ArrowLeft");
        await Expect(page.Locator(".card h2")).ToHaveTextAsync("wte[g][8]");
        await page.ClickAsync(".as-table summary");
        await Expect(page.Locator(".as-table td")).ToHaveCountAsync(27 * 16);
        await page.ClickAsync(".as-table summary");
    }

    [Theory]
    [InlineData(1280, 720)]
    [InlineData(390, 844)]
    public async Task Nothing_overflows_and_axe_finds_nothing(int width, int height)
    {
        var page = await chromium.OpenAsync(new() { ViewportSize = new() { Width = width, Height = height } });
        foreach (var theme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await page.EmulateMediaAsync(new() { ColorScheme = theme });
            foreach (var room in AllRooms.Split(' ').Prepend(""))
            {
                await Chromium.LookAtAsync(page, room == "" ? "?" : $"?room={room}&step=420&number=wte.5.9");
                var wide = await page.EvaluateAsync<string[]>("""
                    () => [document.documentElement, document.getElementById("stage"), document.querySelector(".time")]
                      .filter(e => e.scrollWidth > e.clientWidth).map(e => e.id || e.className || e.tagName)
                    """);
                Assert.True(wide.Length == 0, $"{room} at {width}: too wide is {string.Join(", ", wide)}");
                var found = (await page.RunAxe()).Violations;
                Assert.True(found.Length == 0, $"{room}, {theme}: " + string.Join("; ", found.Select(each =>
                    $"{each.Id}: {each.Nodes[0].Html}")));
            }
        }
        await page.Context.CloseAsync();
    }

    /// <summary>A tile has one of seven tints, and axe sees only those of one name.</summary>
    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Letters_can_be_read_on_every_tint(ColorScheme theme)
    {
        var page = await chromium.GoAsync("?room=learn&step=420");
        await page.EmulateMediaAsync(new() { ColorScheme = theme });
        await page.WaitForSelectorAsync(".letter");
        var contrasts = await page.EvaluateAsync<double[]>("""
            () => {
              const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
              const luminance = colour => {
                pixel.fillStyle = colour;
                pixel.fillRect(0, 0, 1, 1);
                const [r, g, b] = [...pixel.getImageData(0, 0, 1, 1).data].map(c => c / 255)
                  .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const letter = document.querySelector(".letter");
              const [was, contrasts] = [letter.className, []];
              for (let tint = 0; tint <= 6; tint++) {
                letter.className = "letter s" + tint;
                const paper = luminance(getComputedStyle(letter).backgroundColor);
                for (const text of letter.querySelectorAll(".word, .p")) {
                  const ink = luminance(getComputedStyle(text).color);
                  contrasts.push((Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05));
                }
              }
              letter.className = was;
              return contrasts;
            }
            """);
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        Assert.Equal(3 * 7, contrasts.Length);
        Assert.All(contrasts, contrast => Assert.InRange(contrast, 4.5, 21));
    }

    [Fact]
    public async Task On_a_phone_the_card_is_a_sheet_and_the_map_a_tab()
    {
        var page = await chromium.OpenAsync(new()
        {
            ViewportSize = new() { Width = 390, Height = 844 },
            HasTouch = true
        }, "?room=guess&step=420&text=mar&at=1");
        await page.Locator("[data-key='input.0.1.3']").First.TapAsync();
        await page.WaitForSelectorAsync(".card:visible h2");
        await page.ClickAsync(".card-close");
        await Expect(page.Locator(".card")).ToBeHiddenAsync();
        await page.TapAsync(".tabs .tab:has-text('Map')");
        await Expect(page.Locator(".at-wte canvas")).ToBeVisibleAsync();
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task With_reduced_motion_the_opening_stands_still()
    {
        var page = await chromium.OpenAsync(new() { ReducedMotion = ReducedMotion.Reduce });
        int[] moments = [0, 10, 50, 100, 200, 500, 1000];
        await Expect(page.Locator(".words .word")).ToHaveTextAsync(
            moments.Select(step => ExpectedNumbers.Run.Dream(step, 7).Text));
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task A_list_of_ones_own_is_trained_and_cannot_harm()
    {
        var page = await chromium.OpenAsync(new(), "?room=learn");
        await page.SetInputFilesAsync(".drop input", new FilePayload
        {
            Name = "<img src=x onerror=alert(1)>.txt",
            MimeType = "text/plain",
            Buffer = "<b>bold</b>\n<script>alert(1)</script>\nanna\n"u8.ToArray()
        });
        await Expect(page.Locator(".run")).ToContainTextAsync("<img src=x");
        await page.WaitForSelectorAsync("text=What had it learned by step 1,000?");
        Assert.Equal(0, await page.Locator("img, .stage b:has-text('bold')").CountAsync());
        foreach (var (name, bytes, sentence) in new (string, byte[], string)[]
        {
            ("binary.txt", [0xFF, 0xFE, 0x00, 0x80], "binary.txt"),
            ("empty.txt", "\n\n"u8.ToArray(), "empty.txt: holds no documents"),
            ("model.safetensors", [1, 2, 3], "model.safetensors"),
            ("long.txt", new byte[5_000_000], "long.txt: has 5,000,000 bytes"),
            ("letters.txt", System.Text.Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0x4E00, 3000)
                .Select(c => (char)c))), "letters.txt"),
        })
        {
            await page.SetInputFilesAsync(".drop input", new FilePayload
            {
                Name = name,
                MimeType = "text/plain",
                Buffer = bytes
            });
            await page.WaitForFunctionAsync("words => document.querySelector('.complaint')?.innerText.includes(words)",
                sentence);
            Assert.Contains("<img src=x", await page.InnerTextAsync(".run")); // the run that was there is still there
        }
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task The_browser_has_nothing_to_complain_of()
    {
        var page = await chromium.GoAsync("?room=learn");
        await Chromium.SettleAsync(page);
        chromium.AssertNoComplaint();
    }
}
