using System.Diagnostics;

namespace MicroGpt;

/// <summary>Trains a model step by step, so that an application can watch, stop, save and resume.</summary>
/// <remarks>For one thread at a time.</remarks>
public sealed class Trainer
{
    readonly string[] documents; // in the order of training
    readonly Tokenizer tokenizer;
    readonly Provenance provenance;
    readonly PythonRandom random; // as training leaves it for sampling: after the shuffle and the first parameters
    readonly Parameters parameters;
    readonly Adam adam;
    readonly ExactEngine engine;
    readonly int[] tokens;
    readonly double[] gradient, ofDocument; // [ParameterCount]
    readonly double[] lastGood; // [ParameterCount], the parameters that gave the last finite loss
    int lastGoodSteps; // that made them
    bool diverged;

    /// <summary>Prepares a training run as microgpt.py does: shuffles the documents, then draws the parameters.</summary>
    /// <param name="corpus">The documents to learn.</param>
    /// <param name="options">The size of the model and the length of the training.</param>
    /// <param name="tokenizer">
    /// The characters the model knows; without it, those of the corpus. A tokenizer of the whole corpus lets a model
    /// trained on a part of it score the rest.
    /// </param>
    /// <exception cref="ArgumentException">
    /// <see cref="TrainingOptions.NHead"/> does not divide <see cref="TrainingOptions.NEmbd"/>, the model would be too
    /// large, or the corpus has a character that the tokenizer does not know.
    /// </exception>
    public Trainer(Corpus corpus, TrainingOptions options, Tokenizer? tokenizer = null)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(options);
        random = new(options.Seed);
        documents = corpus.Shuffle(random);
        this.tokenizer = tokenizer ?? new(documents);
        parameters = Parameters.Random(options.ConfigFor(this.tokenizer), random);
        adam = new(parameters.Config.ParameterCount);
        provenance = new(options, 0, corpus.Sha256, Provenance.ThisLibrary);
        (engine, tokens, gradient, ofDocument, lastGood) = Workspace();
        if (tokenizer != null)
        {
            Array.ForEach(documents, document => tokenizer.Encode(document)); // refuses an unknown character now
        }
    }

    Trainer(string[] documents, Gpt gpt, Adam adam)
    {
        this.documents = documents;
        (tokenizer, parameters, provenance, random) = (gpt.Tokenizer, gpt.Parameters, gpt.Provenance, gpt.Random!);
        this.adam = adam;
        Steps = lastGoodSteps = provenance.Steps;
        (engine, tokens, gradient, ofDocument, lastGood) = Workspace();
    }

    /// <summary>Goes on with a run that <see cref="Save"/> saved, as if it had never stopped: the same bits.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="corpus">The same documents as before.</param>
    /// <param name="options">If given, the options the run must have; else those of the checkpoint.</param>
    /// <exception cref="CheckpointException">The file is not a sound checkpoint, or has no training state.</exception>
    /// <exception cref="ArgumentException">The corpus, or an option, is not the one the run began with.</exception>
    public static Trainer Resume(string path, Corpus corpus, TrainingOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(corpus);
        var (gpt, adam) = Checkpoint.Read(path);
        var began = gpt.Provenance;
        if (adam == null)
        {
            throw new CheckpointException($"{path}: a model without training state; only Trainer.Save saves it");
        }
        if (corpus.Sha256 != began.CorpusSha256)
        {
            throw new ArgumentException(
                $"{path}: the run began with other data (SHA-256 {began.CorpusSha256}, this: {corpus.Sha256}); "
                + "resume with the same file or part, loaded the same way",
                nameof(corpus));
        }
        if (options != null && options != began.Options)
        {
            throw new ArgumentException(
                $"{path}: the run began with {Difference(began.Options, options)}; "
                + "what a run will do depends on all its options, so begin a new one",
                nameof(options));
        }
        return new(corpus.Shuffle(new(began.Options.Seed)), gpt, adam);
    }

    static string Difference(TrainingOptions began, TrainingOptions given) => string.Join(", ",
        from option in typeof(TrainingOptions).GetProperties()
        let pair = (Began: option.GetValue(began), Given: option.GetValue(given))
        where !Equals(pair.Began, pair.Given)
        select FormattableString.Invariant($"{option.Name} {pair.Began}, not {pair.Given}"));

    /// <summary>Steps taken so far.</summary>
    public int Steps { get; private set; }

    /// <summary>The shape of the model.</summary>
    public GptConfig Config => parameters.Config;

    /// <summary>The options of the run.</summary>
    public TrainingOptions Options => provenance.Options;

    /// <summary>
    /// Takes the remaining steps, one at each turn of the enumeration; who stops enumerating can save, or run again and
    /// go on where it stopped.
    /// </summary>
    /// <param name="cancellation">Looked at before each step.</param>
    /// <exception cref="TrainingDivergedException">
    /// A loss, or at the end a parameter, is NaN or infinite. The parameters go back to the last that gave a finite loss,
    /// and the run has ended.
    /// </exception>
    /// <exception cref="OperationCanceledException">Cancelled; as if the enumeration had been stopped.</exception>
    public IEnumerable<TrainingStep> Run(CancellationToken cancellation = default)
    {
        var start = Stopwatch.GetTimestamp();
        while (Steps < Options.Steps && !diverged)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return Step(start);
        }
    }

    /// <summary>The model as it is now; a copy, which further steps leave alone.</summary>
    public Gpt Snapshot()
    {
        var copy = new Parameters(parameters.Config);
        parameters.Values.CopyTo(copy.Values, 0);
        return new(tokenizer, copy, provenance with { Steps = Steps }, random);
    }

    /// <summary>Saves the model with all that <see cref="Resume"/> needs, three times the size of the model.</summary>
    /// <param name="path">As of <see cref="Gpt.Save"/>; <see cref="Gpt.Load"/> reads it too.</param>
    /// <exception cref="InvalidOperationException">The run has diverged; save its <see cref="Snapshot"/>.</exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (diverged)
        {
            throw new InvalidOperationException("the run has diverged and can't be resumed; save its snapshot");
        }
        Checkpoint.Write(path, new(tokenizer, parameters, provenance with { Steps = Steps }, random), adam: adam);
    }

    TrainingStep Step(long start)
    {
        var options = Options;
        var first = (int)((long)Steps * options.BatchSize % documents.Length);
        var loss = Backward(first, options.BatchSize);
        if (!double.IsFinite(loss))
        {
            throw Diverged(Steps + 1, FormattableString.Invariant($"the loss of step {Steps + 1} is {loss}"));
        }
        parameters.Values.CopyTo(lastGood, 0);
        lastGoodSteps = Steps;
        var rate = options.LearningRate * (1 - (double)Steps / options.Steps);
        adam.Update(parameters.Values, gradient, Steps, rate);
        Steps++;
        if (Steps == options.Steps && !Array.TrueForAll(parameters.Values, double.IsFinite))
        {
            // No further loss will show it.
            throw Diverged(Steps, $"after step {Steps}, the last, the parameters are not finite");
        }
        return new(Steps, loss, rate, first, documents[first], Stopwatch.GetElapsedTime(start));
    }

    TrainingDivergedException Diverged(int step, string why)
    {
        diverged = true;
        lastGood.CopyTo(parameters.Values, 0);
        Steps = lastGoodSteps;
        return new(step, why, Snapshot());
    }

    // The gradient of a batch is the sum of its documents' gradients, in their order, times 1/size.
    double Backward(int first, int size)
    {
        var loss = BackwardOf(first, gradient);
        if (size == 1)
        {
            return loss;
        }
        for (var b = 1; b < size; b++)
        {
            loss += BackwardOf((int)(((long)first + b) % documents.Length), ofDocument);
            for (var i = 0; i < gradient.Length; i++)
            {
                gradient[i] += ofDocument[i];
            }
        }
        var share = 1.0 / size;
        foreach (ref var g in gradient.AsSpan())
        {
            g *= share;
        }
        return loss * share;
    }

    double BackwardOf(int document, double[] into) =>
        engine.Backward(tokens.AsSpan(0, tokenizer.Encode(documents[document], tokens)), into);

    (ExactEngine, int[], double[], double[], double[]) Workspace()
    {
        var count = parameters.Config.ParameterCount;
        return (new(parameters), new int[parameters.Config.BlockSize + 1], new double[count],
            new double[Options.BatchSize > 1 ? count : 0], (double[])parameters.Values.Clone());
    }
}
