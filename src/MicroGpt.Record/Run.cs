using System.Globalization;

namespace MicroGpt.Record;

/// <summary>
/// A training run with every number of every step: parameters, gradients, and what follows from them. As a
/// <see cref="Job"/> it trains; what it has recorded so far can be asked for at any time.
/// </summary>
/// <remarks>
/// Steps are counted from 1, and step 0 is the random start: the state of step k is the state after k steps, and the
/// gradient of step k is the one that led from state k - 1 to state k. Parameters are counted as in
/// <see cref="Parameters.Values"/>. The numbers have the bits of <see cref="Trainer"/>. Not thread-safe.
/// </remarks>
public sealed class Run : Job
{
    /// <summary>
    /// The most gradients that a run may record: parameters times steps. Each takes 8 bytes, and its share of states 2.4.
    /// </summary>
    public const int MaxNumbers = 6_000_000;

    /// <summary>The most parameters of a run, so that a step is over before anyone notices.</summary>
    public const int MaxParameters = 30_000;

    readonly Trainer trainer;
    readonly Gpt start; // the random start
    readonly IEnumerator<StepTaken> source;
    readonly Func<Moment> latest; // the state after the last step: a copy
    readonly RunStore store;
    readonly Lazy<HashSet<string>> known;
    readonly Lazy<Baselines> baselines;
    History? history; // the last that was asked for: several look at the same parameter

    Run(string name, Corpus corpus, TrainingOptions options)
    {
        (Name, Corpus) = (name, corpus);
        trainer = TrainerFor(corpus, new Tokenizer(corpus).VocabSize, name, options);
        start = trainer.Snapshot();
        store = new(start.Parameters.Values, []);
        (source, latest) = (Train().GetEnumerator(), () => StateOf(trainer.Snapshot(), trainer.Moments));
        known = new(() => [.. corpus]);
        baselines = new(() => new(corpus, Tokenizer, Config.BlockSize));
    }

    // A run that is another one with changes.
    Run(Run origin, IReadOnlyList<Edit> edits)
    {
        (Name, Corpus, known, baselines) = (origin.Name, origin.Corpus, origin.known, origin.baselines);
        (Origin, Edits) = (origin, [.. origin.Edits, .. edits]);
        trainer = TrainerFor(Corpus, origin.Tokenizer.VocabSize, Name, Replay.Options(origin.Options, edits));
        start = trainer.Snapshot();
        var replay = new Replay(origin, Options, Edits);
        Edit.Weight[] setByHand = [.. Edits.OfType<Edit.Weight>()];
        store = replay.Common > 0
            ? new(origin.store, replay.Common, setByHand) : new(start.Parameters.Values, setByHand);
        var model = trainer.Snapshot();
        var last = store.At(replay.Common).Copy();
        var moments = new Moments(last.M, last.V);
        last.Values.CopyTo(model.Parameters.Values, 0);
        (source, latest) = (replay.Run(model, moments, store).GetEnumerator(), () => StateOf(model, moments));
    }

    /// <summary>Begins a run; <see cref="Job.Advance"/> trains it.</summary>
    /// <param name="corpus">The documents.</param>
    /// <param name="name">What the page calls them, such as a file's name.</param>
    /// <param name="options">
    /// Size, steps, learning rate and seed. Everything else must be as in microgpt.cs, which is what the record shows.
    /// </param>
    /// <exception cref="ArgumentException">The run would be too large, or has options that microgpt.cs lacks.</exception>
    public static Run Begin(Corpus corpus, string name, TrainingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new(name, corpus, options ?? new());
    }

    /// <summary>What the page calls the data.</summary>
    public string Name { get; }

    /// <summary>The documents, in file order.</summary>
    public Corpus Corpus { get; }

    /// <summary>The options of the run.</summary>
    public TrainingOptions Options => start.Provenance.Options;

    /// <summary>The version of the library that trains, such as 1.0.0.</summary>
    public string Version => start.Provenance.LibraryVersion;

    /// <summary>The vocabulary.</summary>
    public Tokenizer Tokenizer => start.Tokenizer;

    /// <summary>The shape of the model.</summary>
    public GptConfig Config => start.Config;

    /// <summary>The matrices: names, shapes, and each one's first parameter. Their values are step 0's.</summary>
    public IReadOnlyList<Tensor> Tensors => start.Parameters.Tensors;

    /// <summary>The losses of predicting these documents by counting.</summary>
    public Baselines Baselines => baselines.Value;

    /// <summary>Steps recorded so far.</summary>
    public int Steps => store.Count;

    /// <inheritdoc/>
    public override double Progress => IsDone ? 1 : (double)Steps / Options.Steps;

    /// <summary>
    /// Why the run ended before its last step, as a sentence: the loss was no longer a number. <see cref="Steps"/> is
    /// then the last step with good parameters. Null if nothing went wrong.
    /// </summary>
    public string? Failure { get; private set; }

    /// <summary>The loss of each step, before its update: nats per letter. Index 0 is step 1.</summary>
    public IEnumerable<double> Losses => Enumerable.Range(1, Steps).Select(Loss);

    /// <summary>The loss of a step, before its update, in nats per letter.</summary>
    /// <param name="step">From 1 to <see cref="Steps"/>.</param>
    public double Loss(int step) => Taken(step).Loss;

    /// <summary>The document that a step learnt.</summary>
    /// <param name="step">From 1 to <see cref="Steps"/>.</param>
    public string Document(int step) => Taken(step).Document;

    /// <summary>The learning rate of a step.</summary>
    /// <param name="step">From 1 to <see cref="Steps"/>.</param>
    public double LearningRate(int step) => Taken(step).LearningRate;

    /// <summary>The tokens that a step learnt from: BOS, letters, BOS, as far as the model reads.</summary>
    /// <param name="step">From 1 to <see cref="Steps"/>.</param>
    public ReadOnlySpan<int> Tokens(int step)
    {
        var tokens = Tokenizer.Encode(Document(step));
        return tokens.AsSpan(0, Math.Min(tokens.Length, Config.BlockSize + 1));
    }

    /// <summary>What a step did: losses before and after, norms, counts. It takes one pass of the model.</summary>
    /// <param name="step">From 1 to <see cref="Steps"/>.</param>
    public StepSummary Step(int step) => StepSummary.Of(this, step);

    /// <summary>Where a parameter is.</summary>
    /// <param name="parameter">Its index, as in <see cref="State"/>.</param>
    public ParameterAddress AddressOf(int parameter)
    {
        var tensor = Tensors.Last(tensor => tensor.Offset <= parameter);
        var (row, column) = Math.DivRem(parameter - tensor.Offset, tensor.Columns);
        return new(parameter, tensor.Name, row, column);
    }

    /// <summary>One parameter over all steps recorded so far.</summary>
    /// <param name="parameter">Its index, as in <see cref="State"/>.</param>
    public History History(int parameter)
    {
        if (history?.Parameter != parameter || history.Values.Length != Steps + 1)
        {
            history = new(this, parameter);
        }
        return history;
    }

    /// <summary>Every term of the line of Adam that moved a parameter.</summary>
    /// <param name="parameter">Its index, as in <see cref="State"/>.</param>
    /// <param name="step">From 1 to <see cref="Steps"/>.</param>
    public Adam Adam(int parameter, int step)
    {
        var before = At(InRange(step, 1) - 1);
        return new(Taken(step).Gradient[parameter], before.M[parameter], before.V[parameter], step, LearningRate(step),
            before.Values[parameter]);
    }

    /// <summary>Draws a document from the model after a step.</summary>
    /// <param name="step">From 0 to <see cref="Steps"/>.</param>
    /// <param name="dice">The seed of the random numbers: the same dice, so that only the step differs.</param>
    /// <param name="temperature">0.001 to 1000: near 0 plays safe, 1 trusts the model.</param>
    public Dream Dream(int step, long dice, double temperature = 0.5) => new(Model(step), dice, temperature, IsInData);

    /// <summary>A parameter's whole movement, split over the documents that moved it.</summary>
    /// <param name="parameter">Its index, as in <see cref="State"/>.</param>
    public Ledger Ledger(int parameter) => Record.Ledger.Of(this, parameter);

    /// <summary>Everything the model computes for a text after a step, forward and backward.</summary>
    /// <param name="step">From 0 to <see cref="Steps"/>.</param>
    /// <param name="text">Any text with letters of the vocabulary, as far as the model can see it; may be empty.</param>
    /// <remarks>The trace of step k - 1 and the document of step k has the gradient of step k.</remarks>
    /// <exception cref="UnknownCharacterException">The text has a letter that the vocabulary lacks.</exception>
    public Trace Trace(int step, string text) => ProbeAt(step).Trace(text);

    /// <summary>What it costs, on a text, to cut attention weights. Cutting none costs nothing, bit for bit.</summary>
    /// <param name="step">From 0 to <see cref="Steps"/>.</param>
    /// <param name="text">As for <see cref="Trace"/>.</param>
    /// <param name="cuts">The weights to set to 0.</param>
    /// <exception cref="UnknownCharacterException">The text has a letter that the vocabulary lacks.</exception>
    public CutEffect Cut(int step, string text, params IReadOnlyList<AttentionCut> cuts) =>
        CutEffect.Of(ProbeAt(step), text, cuts);

    /// <summary>Begins to measure all gradients for a text, to compare them with those of the chain rule.</summary>
    /// <param name="step">From 0 to <see cref="Steps"/>.</param>
    /// <param name="text">As for <see cref="Trace"/>.</param>
    /// <exception cref="UnknownCharacterException">The text has a letter that the vocabulary lacks.</exception>
    public GradientCheck Check(int step, string text)
    {
        var probe = ProbeAt(step, out var model);
        return new(probe, model.Parameters.Values, text);
    }

    /// <summary>Begins to build microgpt.cs's own graph of a text, every Value of it.</summary>
    /// <param name="step">From 0 to <see cref="Steps"/>.</param>
    /// <param name="text">As for <see cref="Trace"/>.</param>
    /// <exception cref="ArgumentException">The model has another shape than that of microgpt.cs.</exception>
    /// <exception cref="UnknownCharacterException">The text has a letter that the vocabulary lacks.</exception>
    public ValueGraph Graph(int step, string text) => new(Model(step), text);

    /// <summary>Begins a run that is this one with changes. Without any, every bit is the same.</summary>
    /// <param name="edits">The changes, added to those this run already has.</param>
    /// <exception cref="ArgumentException">A change names a step, parameter or letter that is not there.</exception>
    public Run WhatIf(params IReadOnlyList<Edit> edits)
    {
        ArgumentNullException.ThrowIfNull(edits);
        foreach (var edit in edits)
        {
            Require(edit);
        }
        return new(this, edits);
    }

    /// <summary>The run that this one is a change of; null for a run of its own.</summary>
    public Run? Origin { get; }

    /// <summary>All changes that make this run differ from one that was trained plainly.</summary>
    public IReadOnlyList<Edit> Edits { get; } = [];

    /// <summary>The first step after which two runs have different parameters; null: none so far.</summary>
    /// <param name="other">A run with as many parameters.</param>
    public int? FirstDifference(Run other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return store.FirstDifference(other.store);
    }

    /// <summary>All parameters' numbers of one kind.</summary>
    /// <param name="step">From 0 to <see cref="Steps"/>; gradients and movements begin at 1.</param>
    /// <param name="channel">What to show.</param>
    /// <returns>[ParameterCount]; the same numbers for as long as they are held.</returns>
    public ReadOnlySpan<double> State(int step, Channel channel)
    {
        switch (channel)
        {
            case Channel.Value: return At(InRange(step, 0)).Values;
            case Channel.Gradient: return Taken(step).Gradient;
            case Channel.M: return At(InRange(step, 0)).M;
            case Channel.V: return At(InRange(step, 0)).V;
            default:
                var (before, after) = (At(InRange(step, 1) - 1).Values, At(step).Values);
                var movement = new double[after.Length];
                for (var i = 0; i < movement.Length; i++)
                {
                    movement[i] = after[i] - before[i];
                }
                return movement;
        }
    }

    /// <summary>The model after a step: a copy, whose parameters may be changed.</summary>
    /// <param name="step">From 0 to <see cref="Steps"/>.</param>
    /// <remarks>
    /// Without a seed, it draws the names that <c>microgpt train</c> prints after the last step. A head that the run is
    /// without adds nothing: its columns of attn_wo are 0.
    /// </remarks>
    public Gpt Model(int step)
    {
        var model = trainer.Snapshot();
        At(InRange(step, 0)).Values.CopyTo(model.Parameters.Values, 0);
        foreach (var (layer, head) in Edits.OfType<Edit.WithoutHead>())
        {
            var output = model.Parameters[$"layer{layer}.attn_wo"];
            for (var row = 0; row < Config.NEmbd; row++)
            {
                output.Slice(row * Config.NEmbd + head * Config.HeadDim, Config.HeadDim).Clear();
            }
        }
        return model;
    }

    /// <summary>Whether a text is one of the documents.</summary>
    public bool IsInData(string text) => known.Value.Contains(text);

    private protected override bool Next()
    {
        try
        {
            if (!source.MoveNext())
            {
                return false;
            }
        }
        catch (DivergedException e)
        {
            End(e.Message, e.LastGood);
            return false;
        }
        catch (TrainingDivergedException e)
        {
            End(e.Message, e.LastGood.Provenance.Steps);
            return false;
        }
        store.Add(source.Current, latest);
        return Steps < Options.Steps;
    }

    // What is recorded after the last good step is dropped.
    void End(string why, int lastGood)
    {
        Failure = why;
        store.Truncate(lastGood);
    }

    IEnumerable<StepTaken> Train()
    {
        foreach (var step in trainer.Run())
        {
            yield return new(step.Loss, step.LearningRate, step.Document, trainer.Gradient());
        }
    }

    // Refuses what the record can't show.
    static Trainer TrainerFor(Corpus corpus, int vocabSize, string name, TrainingOptions options)
    {
        var likeTheFile = new TrainingOptions
        {
            Steps = options.Steps,
            NLayer = options.NLayer,
            NEmbd = options.NEmbd,
            NHead = options.NHead,
            BlockSize = options.BlockSize,
            LearningRate = options.LearningRate,
            Seed = options.Seed,
        };
        foreach (var option in TrainingOption.All.Where(option => option.Of(options) != option.Of(likeTheFile)))
        {
            throw new ArgumentException(
                $"{option.Name} must be {option.Standard}: the record shows the training of microgpt.cs",
                nameof(options));
        }
        RequireSize(vocabSize, name, options);
        return new(corpus, options);
    }

    static void RequireSize(int vocabSize, string name, TrainingOptions options)
    {
        double width = options.NEmbd;
        var count = (2.0 * vocabSize + options.BlockSize) * width + 12 * options.NLayer * width * width;
        var many = string.Create(CultureInfo.InvariantCulture,
            $"{name}: {vocabSize - 1:N0} different characters make {count:N0} parameters");
        if (count > MaxParameters)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"{many}; a run of at most {MaxParameters:N0} can be recorded: take a list with fewer characters"),
                nameof(options));
        }
        if (count * options.Steps > MaxNumbers)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"{many}; up to {Math.Floor(MaxNumbers / count):N0} steps can be recorded, not {options.Steps:N0}"),
                nameof(options));
        }
    }

    /// <summary>What is kept of a step.</summary>
    internal StepTaken Taken(int step) => store[InRange(step, 1)];

    Moment StateOf(Gpt model, Moments moments) =>
        new(Steps, [.. model.Parameters.Values], [.. moments.M], [.. moments.V]);

    // While a run is recorded, its last state is at hand.
    Moment At(int step)
    {
        if (step == Steps && !IsDone && Failure == null && store.Recent?.Step != step)
        {
            store.Remember(latest());
        }
        return store.At(step);
    }

    /// <summary>What an edit sets a parameter to after a step; null: nothing.</summary>
    internal double? SetByHand(int parameter, int step) => Edits.OfType<Edit.Weight>()
        .LastOrDefault(weight => weight.Parameter == parameter && weight.Step == step)?.To;

    Probe ProbeAt(int step) => ProbeAt(step, out _);

    Probe ProbeAt(int step, out Gpt model)
    {
        model = trainer.Snapshot();
        At(InRange(step, 0)).Values.CopyTo(model.Parameters.Values, 0);
        return new(model) { Cuts = Replay.Cuts(Edits) };
    }

    void Require(Edit edit)
    {
        var wrong = edit switch
        {
            Edit.Weight weight when weight.Step < 0 || weight.Step > Options.Steps => $"there is no step {weight.Step}",
            Edit.Weight weight when (uint)weight.Parameter >= (uint)Config.ParameterCount =>
                $"there is no parameter {weight.Parameter}",
            Edit.Weight weight when !double.IsFinite(weight.To) => "a parameter must be a finite number",
            Edit.Teach teach when teach.Step < 1 || teach.Step > Options.Steps => $"there is no step {teach.Step}",
            Edit.WithoutHead head when (uint)head.Layer >= (uint)Config.NLayer || (uint)head.Head >= (uint)Config.NHead =>
                $"there is no head {head.Head} in layer {head.Layer}",
            _ => null,
        };
        if (wrong != null)
        {
            throw new ArgumentException(wrong, nameof(edit));
        }
        if (edit is Edit.Teach { Document: var document })
        {
            Tokenizer.Encode(document); // refuses unknown letters now
        }
    }

    int InRange(int step, int first)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(step, Steps);
        return step;
    }
}
