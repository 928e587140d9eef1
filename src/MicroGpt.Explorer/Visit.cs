using System.Diagnostics;
using MicroGpt.Explorer.Drawing;
using MicroGpt.Explorer.Frame;
using MicroGpt.Record;

namespace MicroGpt.Explorer;

/// <summary>A visit to the page: what is looked at, the runs it is about, and the clock that plays them.</summary>
public sealed class Visit
{
    /// <summary>The longest that work may hold the page's thread: a key is then answered before anyone notices.</summary>
    static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(24);

    /// <summary>Of the time that work takes, the page may take one part in so many to draw how far it has come.</summary>
    const int DrawingShare = 5;

    /// <summary>The file of the names that come with the page.</summary>
    public const string NamesFile = "names.txt";

    (Gpt?, Run, int, string) traced;
    LongRun? second;
    Gpt? dropped, moment;
    Trace? trace;
    (Run, int, string) graphed;
    ValueGraph? graph;
    Gpt? model; // that of the trace
    int work; // counts replays: a newer one ends the older
    int playing; // counts clocks, likewise

    public Visit(Run run) => Plain = run;

    /// <summary>The run that is looked at: A, or B if the visitor looks into that.</summary>
    public Run Run => Selection.IsOther && Other is { Steps: > 0 } other ? other : Plain;

    /// <summary>A: the run that the page began with, or that of the visitor's own list.</summary>
    public Run Plain { get; private set; }

    /// <summary>B: the run with the changes of What if; null: there are none.</summary>
    public Run? Other { get; private set; }

    /// <summary>A model without a history, which is looked at in place of the run's; null: the run's.</summary>
    public Gpt? Still => Second is LongRun run ? moment ??= run.Model(Moment) : dropped;

    /// <summary>The second run, of 20,000 steps, at some moments; null: another is looked at, on other data.</summary>
    public LongRun? Second => Selection.IsLong && Plain.Name == NamesFile ? second ??= ReadSecond() : null;

    /// <summary>The moment of the second run that is looked at.</summary>
    public int Moment
    {
        get
        {
            var moments = Second!.Moments;
            var wanted = Selection.Step ?? int.MaxValue;
            var last = moments.Count - 1;
            while (last > 0 && moments[last].Step > wanted)
            {
                last--;
            }
            return last;
        }
    }

    /// <summary>Whether there is something to look at: a recorded run, or a model.</summary>
    public bool IsReady => Still != null || Run.IsDone;

    /// <summary>All parameters as they are at the moment that is looked at.</summary>
    public ReadOnlySpan<double> Values => Still is Gpt still ? still.Parameters.Values : Run.State(Step, Channel.Value);

    /// <summary>When that is, in words.</summary>
    public string When => Second != null ? $"step {Digits.Count(Second.Moments[Moment].Step)}"
        : dropped != null ? dropped.Provenance.Steps is > 0 and var steps ? $"step {Digits.Count(steps)}" : "the end"
        : $"step {Digits.Count(Step)}";

    /// <summary>What is looked at; it stands in the address, too.</summary>
    public Selection Selection { get; private set; } = new();

    /// <summary>A number under the pointer, which the card shows in place of the selected one.</summary>
    public string? Preview { get; private set; }

    /// <summary>The number in the card.</summary>
    public string? Number => Preview ?? Selection.Number;

    /// <summary>Whether the page moves through the steps by itself.</summary>
    public bool IsPlaying { get; private set; }

    /// <summary>Steps from one picture to the next while playing.</summary>
    public int Speed { get; private set; } = 4;

    /// <summary>What did not work, in a sentence; null: nothing.</summary>
    public string? Complaint { get; private set; }

    /// <summary>Whether colours are for a dark page.</summary>
    public bool IsDark { get; private set; }

    /// <summary>The steps taken of what is shown.</summary>
    public int Step => Math.Min(Selection.Step ?? Run.Steps, Run.Steps);

    /// <summary>What Guess and Blame read.</summary>
    public string Text => Selection.Text ?? (Still != null ? Run.Corpus[0]
        : Run.Steps > 0 ? Run.Document(Math.Max(Step, 1)) : "");

    /// <summary>
    /// The step whose parameters Guess and Blame use. Guess asks what the model knows after the step; Blame, where the
    /// step's gradient came from, so it uses those before.
    /// </summary>
    public int StepOfTrace => Selection.Room == Room.Blame ? Math.Max(0, Step - 1) : Step;

    /// <summary>Everything the model computes for <see cref="Text"/>, forward and backward.</summary>
    public Trace Trace
    {
        get
        {
            var wanted = (Still, Run, StepOfTrace, Text);
            if (trace == null || traced != wanted)
            {
                (traced, model) = (wanted, Still ?? Run.Model(StepOfTrace));
                trace = Still != null ? new Probe(Still).Trace(Text) : Run.Trace(StepOfTrace, Text);
            }
            return trace;
        }
    }

    /// <summary>The model that <see cref="Trace"/> is of.</summary>
    public Gpt Model => Trace is not null ? model! : throw new InvalidOperationException();

    /// <summary>The graph of microgpt.cs for <see cref="Text"/>; null: not asked for yet.</summary>
    public ValueGraph? Graph => graphed == (Run, StepOfTrace, Text) ? graph : null;

    /// <summary>Builds <see cref="Graph"/>.</summary>
    public async Task BuildGraphAsync()
    {
        (graph, graphed) = (Run.Graph(StepOfTrace, Text), (Run, StepOfTrace, Text));
        await WorkAsync(graph);
    }

    /// <summary>Why <see cref="Text"/> can't be read; null: it can.</summary>
    public string? Unreadable
    {
        get
        {
            var known = Run.Tokenizer.Characters;
            foreach (var rune in Text.EnumerateRunes())
            {
                if (!known.EnumerateRunes().Contains(rune))
                {
                    return $"The model has never seen “{Words.Visible(rune)}”. It knows {known}.";
                }
            }
            return null;
        }
    }

    /// <summary>Something that is shown has changed.</summary>
    public event Action? Changed;

    /// <summary>Something else is looked at: the query for the address, and whether that goes without saying.</summary>
    public event Action<string, bool>? Moved;

    /// <summary>Trains the run, a slice at a time, and shows each.</summary>
    public async Task TrainAsync()
    {
        await WorkAsync(Plain);
        Complain(Plain.Failure);
        Branch();
    }

    /// <summary>Does a job in slices; a newer job ends this one. Returns whether it came to its end.</summary>
    public async Task<bool> WorkAsync(Job job)
    {
        var mine = ++work;
        var (drawn, drawing) = (Stopwatch.GetTimestamp(), TimeSpan.Zero);
        while (!job.Advance(Slice))
        {
            await Task.Delay(1);
            if (work == mine && Stopwatch.GetElapsedTime(drawn) >= DrawingShare * drawing)
            {
                drawn = Stopwatch.GetTimestamp();
                Changed?.Invoke();
                await Task.Delay(1); // until the browser has drawn it, too
                drawing = Stopwatch.GetElapsedTime(drawn);
            }
            if (work != mine)
            {
                return false;
            }
        }
        Changed?.Invoke();
        return true;
    }

    /// <summary>Looks at something else.</summary>
    /// <param name="change">Makes the new selection of the old.</param>
    /// <param name="quietly">Without an entry in the browser's history, as while something is dragged.</param>
    public void Go(Func<Selection, Selection> change, bool quietly = false)
    {
        ArgumentNullException.ThrowIfNull(change);
        var edit = Selection.Edit;
        (Selection, moment) = (change(Selection), null);
        if (edit != Selection.Edit)
        {
            Branch();
        }
        Moved?.Invoke(Selection.ToQuery(), quietly);
        Changed?.Invoke();
    }

    /// <summary>The address says something else.</summary>
    public void Follow(string query)
    {
        var edit = Selection.Edit;
        (Selection, IsPlaying, moment) = (Selection.FromQuery(query), false, null);
        if (edit != Selection.Edit)
        {
            Branch();
        }
        Changed?.Invoke();
    }

    /// <summary>Goes to a step; the clock stops.</summary>
    public void GoToStep(int step, bool quietly = false)
    {
        (IsPlaying, playing) = (false, playing + 1);
        SetStep(step, quietly);
    }

    /// <summary>Shows a number in the card, as long as the pointer is there.</summary>
    public void Peek(string? number)
    {
        if (Preview != number)
        {
            Preview = number;
            Changed?.Invoke();
        }
    }

    /// <summary>Puts a number into the card.</summary>
    public void Pick(string number)
    {
        Preview = null;
        Go(selection => selection with { Room = selection.Room ?? Room.Learn, Number = number });
    }

    /// <summary>Closer: from the run to a step, its document, a letter, an operation, a number.</summary>
    public void GoDown() => Go(selection => selection switch
    {
        { Room: null } => selection with { Room = Room.Learn },
        { Room: Room.Learn } => selection with { Room = Room.Guess, At = 0 },
        { Room: Room.Guess or Room.Blame } when ActivationAddress.Of(selection.Number) is ActivationAddress place =>
            selection with { Number = (place with { Index = Math.Max(0, place.Index) }).ToString() },
        { Room: Room.Guess or Room.Blame } =>
            selection with { Number = new ActivationAddress(Activation.Input, 0, selection.At, -1).ToString() },
        _ => selection,
    });

    /// <summary>Back up again.</summary>
    public void GoUp() => Go(selection => selection switch
    {
        { Number: not null } when ActivationAddress.Of(selection.Number) is ActivationAddress { Index: >= 0 } place =>
            selection with { Number = (place with { Index = -1 }).ToString() },
        { Number: not null } => selection with { Number = null },
        { Room: Room.Learn } => selection with { Room = null },
        { Room: not null } => selection with { Room = Room.Learn, Text = null, At = 0 },
        _ => selection,
    });

    /// <summary>Moves from operation to operation, or in one from number to number; false: none is selected.</summary>
    public bool MoveInSpine(string arrow)
    {
        if (Selection.Room is not (Room.Guess or Room.Blame)
            || ActivationAddress.Of(Selection.Number) is not ActivationAddress place
            || (place.Index < 0 && arrow is "ArrowLeft" or "ArrowRight"))
        {
            return false;
        }
        var next = arrow switch
        {
            "ArrowLeft" => place with { Index = Math.Max(0, place.Index - 1) },
            "ArrowRight" => place with { Index = place.Index + 1 },
            "ArrowUp" => place with { Activation = (Activation)Math.Max(0, (int)place.Activation - 1) },
            _ => place with { Activation = (Activation)Math.Min((int)Activation.Probability, (int)place.Activation + 1) },
        };
        if (next.Index >= 0)
        {
            var length = Trace.Values(next.Activation, next.Layer, next.Position).Length;
            next = next with { Index = Math.Min(next.Index, length - 1) };
        }
        Go(selection => selection with { Number = next.ToString() }, quietly: true);
        return true;
    }

    /// <summary>Looks at another letter of the text.</summary>
    public void GoToLetter(int at) =>
        Go(selection => selection with
        {
            At = Math.Clamp(at, 0, Math.Min(Text.EnumerateRunes().Count(), Run.Config.BlockSize - 1)),
            Number = null,
        });

    /// <summary>Moves the selected cell of the Map by one.</summary>
    public void MoveInPlate(string arrow)
    {
        var (plate, x, y) = Words.Parameter(Run, Number) is int parameter
            ? MapLayout.CellOf(Run, parameter) : new(0, 0, 0);
        var tensor = Run.Tensors[plate];
        (x, y) = arrow switch
        {
            "ArrowLeft" => (x - 1, y),
            "ArrowRight" => (x + 1, y),
            "ArrowUp" => (x, y - 1),
            _ => (x, y + 1),
        };
        var cell = new Cell(
            plate, Math.Clamp(x, 0, MapLayout.Width(tensor) - 1), Math.Clamp(y, 0, MapLayout.Height(tensor) - 1));
        Preview = null;
        Go(selection => selection with { Number = MapLayout.Key(Run, cell) }, quietly: true);
    }

    /// <summary>Starts or stops the clock.</summary>
    public async Task PlayAsync()
    {
        var mine = ++playing;
        IsPlaying = !IsPlaying;
        if (IsPlaying && Step >= Run.Steps)
        {
            SetStep(0, quietly: true);
        }
        while (IsPlaying && playing == mine && Step < Run.Steps)
        {
            SetStep(Step + Speed, quietly: true);
            await Task.Delay(33);
        }
        if (playing == mine)
        {
            IsPlaying = false;
            Changed?.Invoke();
        }
    }

    /// <summary>Slower or faster: 1, 4 or 16 steps from picture to picture.</summary>
    public void SetSpeed(int speed)
    {
        Speed = speed;
        Changed?.Invoke();
    }

    /// <summary>Says what did not work.</summary>
    public void Complain(string? sentence)
    {
        Complaint = sentence;
        Changed?.Invoke();
    }

    /// <summary>The page is light or dark now.</summary>
    public void SetTheme(bool dark)
    {
        IsDark = dark;
        Changed?.Invoke();
    }

    /// <summary>Looks at another run, such as one of the visitor's own list, from its beginning.</summary>
    public async Task ShowAsync(Run run)
    {
        (Plain, Other, Preview, Complaint, dropped) = (run, null, null, null, null);
        Go(selection => new() { Room = selection.Room });
        await TrainAsync();
    }

    /// <summary>Looks at a model without a history.</summary>
    /// <param name="model">The model.</param>
    /// <param name="name">The name of its file.</param>
    public void Show(Gpt model, string name)
    {
        ArgumentNullException.ThrowIfNull(model);
        var config = model.Config;
        var letters = model.Tokenizer.Characters.EnumerateRunes().Select(rune => rune.ToString());
        var shape = Run.Begin(new Corpus(letters), name, new()
        {
            NEmbd = config.NEmbd,
            NHead = config.NHead,
            NLayer = config.NLayer,
            BlockSize = config.BlockSize,
            Steps = 1,
        });
        work++;
        (Plain, Other, Preview, Complaint, dropped) = (shape, null, null, null, model);
        Go(_ => new() { Room = Room.Guess });
    }

    /// <summary>The names that come with the page.</summary>
    public static Run Names()
    {
        using var names = typeof(Visit).Assembly.GetManifestResourceStream(NamesFile)!;
        return Run.Begin(Corpus.Load(names, NamesFile), NamesFile);
    }

    LongRun ReadSecond()
    {
        using var file = typeof(Visit).Assembly.GetManifestResourceStream("long-run.bin")!;
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return LongRun.Read(bytes, Plain.Corpus);
    }

    // B begins anew: the replay that was on its way, if any, ends.
    void Branch()
    {
        Other = null;
        if (Plain.IsDone && Edits.Parse(Plain, Selection.Edit) is { Count: > 0 } edits)
        {
            try
            {
                Other = Plain.WhatIf(edits);
                _ = WorkAsync(Other);
            }
            catch (ArgumentException e)
            {
                Complain(Sentence(e));
            }
        }
    }

    /// <summary>What an exception says, in the command's words: without the name of a C# parameter.</summary>
    public static string Sentence(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        var message = exception.Message;
        var parameter = message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return parameter > 0 ? message[..parameter] : message;
    }

    void SetStep(int step, bool quietly)
    {
        var last = Second?.Options.Steps ?? Run.Steps;
        step = Math.Clamp(step, 0, last);
        Go(selection => selection with { Step = step == last ? null : step }, quietly);
    }
}
